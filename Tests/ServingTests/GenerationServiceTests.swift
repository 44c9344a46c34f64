import Serving
import Synchronization
import TestKit
import Testing
import Threading
import Wire

/// An answer as a connection would get it.
private final class Answer: Sendable {
    private struct State {
        var head: HTTPResponse?
        var events: [[UInt8]] = []
    }
    private let state = Mutex(State())
    private let done = Mailbox<Bool>()

    var sink: GenerationRun.Sink {
        .init(
            respond: { [self] response in
                state.withLock { $0.head = response }
                done.put(true)
            },
            begin: { [self] response in state.withLock { $0.head = response } },
            write: { [self] bytes in state.withLock { $0.events.append(bytes) } },
            end: { [self] in done.put(true) }
        )
    }

    var response: HTTPResponse {
        _ = done.take()
        return state.withLock { $0.head } ?? HTTPResponse(status: 0)
    }

    /// The events' data.
    var events: [String] {
        _ = done.take()
        return state.withLock { $0.events }.flatMap { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\n\n").map { String($0.dropFirst(6)) }
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct `Texts over HTTP` {
    private let service: GenerationService
    private let generators: Generators

    init() throws {
        let repository = try Fixtures.repository()
        service = GenerationService(time: { 1_764_000_000 }) { () throws(ServingError) in repository }
        let planner = GenerationPlanner(.init(), now: { MonotonicClock.now() })
        generators = Generators { model throws(ServingError) in try planner.plan(model) }
    }

    private func call(_ path: String, _ body: JSON?, method: String = "POST") throws -> Answer {
        let answer = Answer()
        let request = HTTPRequest(method: method, path: path, body: (body?.encoded() ?? [])[...])
        switch service.begin(request) {
        case .answer(let response): answer.sink.respond(response)
        case .generate(let call):
            let now = MonotonicClock.now()
            let run = try GenerationRun(call, on: generators.worker(for: call.model), to: answer.sink)
            run.start(arrival: now, deadline: now + .seconds(60))
        }
        return answer
    }

    private func json(_ path: String, _ body: JSON?, method: String = "POST") throws -> (
        status: Int, json: JSON
    ) {
        let response = try call(path, body, method: method).response
        return (response.status, try JSON(parsing: response.body))
    }

    private let generate = "/v2/models/counter/generate"

    @Test func `generates in Triton's words`() throws {
        let answer = try json(
            generate,
            ["text_input": "banana", "id": "7", "parameters": ["temperature": 0]]
        )
        #expect(answer.status == 200)
        #expect(
            answer.json == [
                "model_name": "counter", "model_version": "1", "id": "7", "text_output": "anb",
                "finish_reason": "stop", "tokens": 4,
            ]
        )
        let beside = try json(generate, ["text_input": "banana", "max_tokens": 2])
        #expect(beside.json["text_output"] == "an")
        #expect(beside.json["finish_reason"] == "length")
        #expect(try json("/v2/models/counter/versions/1/generate", ["text_input": "b"]).status == 200)
        #expect(try json("/v2/models/counter/versions/3/generate", ["text_input": "b"]).status == 404)
    }

    @Test func `streams piece by piece in Triton's words`() throws {
        let events = try call(generate + "_stream", ["text_input": "banana"]).events.map {
            try JSON(parsing: Array($0.utf8))
        }
        #expect(events.compactMap { $0["text_output"]?.stringValue } == ["a", "n", "b", ""])
        #expect(events.last?["finish_reason"] == "stop")
        let answer = try call(generate, ["text_input": "banana", "stream": true])
        #expect(answer.response.headers["content-type"] == "text/event-stream")
    }

    @Test func `completes in OpenAI's words`() throws {
        let answer = try json(
            "/v1/completions",
            ["model": "counter", "prompt": ["banana", "zz y"], "echo": true, "max_tokens": 40]
        )
        let choices = answer.json["choices"]?.arrayValue ?? []
        #expect(choices.map { $0["text"] } == ["bananaanb", "zz yzy "])
        #expect(choices.map { $0["index"] } == [0, 1])
        #expect(choices.allSatisfy { $0["finish_reason"] == "stop" && $0["logprobs"] == .some(.null) })
        #expect(answer.json["object"] == "text_completion")
        #expect(answer.json["created"] == 1_764_000_000)
        #expect(
            answer.json["usage"] == ["prompt_tokens": 10, "completion_tokens": 8, "total_tokens": 18]
        )
        #expect(answer.json["id"]?.stringValue?.hasPrefix("cmpl-") == true)
    }

    @Test func `sixteen tokens are made for who does not say how many`() throws {
        let text = "abcdefghijklmnopqrstuvwxyz"
        let answer = try json("/v1/completions", ["model": "counter", "prompt": .string(text)])
        #expect(answer.json["usage"]?["completion_tokens"] == 16)
        #expect(answer.json["choices"]?[0]?["finish_reason"] == "length")
    }

    @Test func `streams in OpenAI's words`() throws {
        let events = try call(
            "/v1/completions",
            [
                "model": "counter", "prompt": "banana", "stream": true, "echo": true,
                "stream_options": ["include_usage": true],
            ]
        ).events
        #expect(events.last == "[DONE]")
        let chunks = try events.dropLast().map { try JSON(parsing: Array($0.utf8)) }
        #expect(
            chunks.compactMap { $0["choices"]?[0]?["text"]?.stringValue } == ["banana", "a", "n", "b", ""]
        )
        #expect(chunks.last?["usage"]?["total_tokens"] == 10)
        #expect(chunks[4]["choices"]?[0]?["finish_reason"] == "stop")
    }

    @Test func `lists the models that make texts`() throws {
        let list = try json("/v1/models", nil, method: "GET")
        #expect(list.json["data"]?.arrayValue?.map { $0["id"] } == ["counter", "writer"])
        #expect(try json("/v1/models/writer", nil, method: "GET").json["object"] == "model")
        #expect(try json("/v1/models/sums", nil, method: "GET").status == 404)
        #expect(try json("/v1/models/none", nil, method: "GET").status == 404)
    }

    @Test(
        arguments: [
            (
                ["text_input": "a", "max_tokens": 0],
                "'max_tokens' is 0; expected a whole number from 1 to 40"
            ),
            (["text_input": "a", "max_tokens": 41], "from 1 to 40"),
            (["text_input": "a", "max_tokens": 1.5], "'max_tokens' is 1.5"),
            (
                ["text_input": "a", "temperature": -1],
                "'temperature' is -1; expected a number from 0.0 to 100.0"
            ),
            (["text_input": "a", "top_p": 0], "'top_p' is 0"),
            (["text_input": "a", "top_p": "half"], "'top_p' is \"half\""),
            (["text_input": "a", "top_k": -2], "'top_k' is -2"),
            (["text_input": "a", "stop": ""], "'stop' is \"\""),
            (["text_input": "a", "stop": [1]], "'stop' is [1]"),
            (["text_input": "a", "seed": "x"], "'seed' is \"x\""),
            (["text_input": "a", "max_token": 3], "did you mean 'max_tokens'?"),
            (["text_input": 5], "'text_input' is 5; expected a text"),
            ([:], "'text_input' is missing"),
            (["text_input": "a", "parameters": 3], "'parameters' is no object"),
            (["text_input": "A"], "no token of the model's vocabulary begins 'A'"),
        ] as [(JSON, String)]
    )
    func `a wrong parameter is named, with what was expected`(body: JSON, text: String) throws {
        let request = HTTPRequest(method: "POST", path: generate, body: body.encoded()[...])
        switch service.begin(request) {
        case .answer(let response):
            #expect(response.status == 400)
            let error = try JSON(parsing: response.body)["error"]?.stringValue ?? ""
            #expect(error.contains(text), "\(error)")
        case .generate(let call):
            let generator = try generators.worker(for: call.model)
            let error = #expect(throws: ServingError.self) {
                try GenerationRun(call, on: generator, to: Answer().sink)
            }
            #expect(error?.status == 400)
            #expect(error?.description.contains(text) == true)
        }
    }

    @Test(
        arguments: [
            (["model": "counter", "prompt": "a", "n": 2], "'n' is not supported"),
            (["model": "counter", "prompt": "a", "logprobs": 1], "'logprobs'"),
            (["model": "counter", "prompt": [1, 2]], "'prompt' is [1,2]"),
            (["model": "counter", "prompt": []], "'prompt' is []"),
            (["prompt": "a"], "'model' is missing"),
            (["model": "sums", "prompt": "a"], "makes no texts"),
        ] as [(JSON, String)]
    )
    func `OpenAI's callers get errors in OpenAI's form`(body: JSON, text: String) throws {
        let answer = try json("/v1/completions", body)
        #expect(answer.status == 400)
        #expect(answer.json["error"]?["type"] == "invalid_request_error")
        #expect(answer.json["error"]?["message"]?.stringValue?.contains(text) == true, "\(answer.json)")
    }

    @Test func `a version that cannot be read is no version, and not the latest`() {
        #expect(GenerationService.handles("/v2/models/writer/versions/1/generate"))
        #expect(!GenerationService.handles("/v2/models/writer/versions/%zz/generate"))
    }

    @Test func `other methods and paths are refused in words`() throws {
        #expect(try json(generate, nil, method: "GET").status == 405)
        #expect(try json("/v1/chat/completions", [:]).status == 404)
        #expect(try json("/v1/completions", nil).status == 400)
        #expect(GenerationService.handles("/v2/models/m/generate"))
        #expect(GenerationService.handles("/v1/anything"))
        #expect(!GenerationService.handles("/v2/models/m/infer"))
        #expect(!GenerationService.handles("/v2/models/generate"))
    }

    @Test func `a text is searched for by the width of a beam`() throws {
        let asked: JSON = ["text_input": "banana", "parameters": ["beam_width": 3, "length_penalty": 0]]
        let answer = try json(generate, asked)
        #expect(answer.status == 200)
        #expect(answer.json["text_output"]?.stringValue?.hasPrefix("an") == true)
        let events = try call(generate + "_stream", asked).events
        #expect(events.count == 2, "it comes whole, and then its end")
        let alone = try json(generate, ["text_input": "banana", "beam_width": 1])
        #expect(alone.json["text_output"] == "anb", "of width 1 it is greedy")
    }

    @Test(
        arguments: [
            (["beam_width": 9], "1 to 8"), (["beam_width": "x"], "whole number"),
            (["beam_width": 2, "temperature": 1], "leave one"), (["beam_width": 2, "top_k": 5], "leave one"),
            (["length_penalty": 1], "add 'beam_width'"), (["beam_width": 2, "length_penalty": -1], "from 0"),
            (["beam_size": 2], "did you mean 'beam_width'"),
        ] as [(JSON, String)]
    )
    func `a search that is wrong is refused with its remedy`(parameters: JSON, remedy: String) throws {
        let answer = try json(generate, ["text_input": "banana", "parameters": parameters])
        #expect(answer.status == 400)
        #expect(answer.json["error"]?.stringValue?.contains(remedy) == true, "\(answer.json)")
    }

    @Test func `a search wider than the model has places is refused`() throws {
        let asked: JSON = ["text_input": "banana", "parameters": ["beam_width": 5]]
        #expect(
            throws: ServingError.badRequest("'beam_width' is 5; this model has places for 4 texts at once")
        ) {
            _ = try call(generate, asked)
        }
    }

    @Test func `a deadline that cannot be kept is a refusal, and not half a text`() throws {
        let answer = Answer()
        let body: JSON = ["text_input": "banana", "stream": true]
        let request = HTTPRequest(method: "POST", path: generate, body: body.encoded()[...])
        guard case .generate(let call) = service.begin(request) else {
            Issue.record("refused")
            return
        }
        let run = try GenerationRun(call, on: generators.worker(for: call.model), to: answer.sink)
        run.start(arrival: .zero, deadline: .zero)
        #expect(answer.response.status == 503)
        #expect(answer.response.headers["x-mark-bounced"] == "hopeless")
    }
}
