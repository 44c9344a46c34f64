import Batching
import ONNX
import Serving
import Synchronization
import TestKit
import Testing
import Threading
import Wire

@Suite(.timeLimit(.minutes(5))) struct `Searching for texts` {
    /// Asks for a text; what comes is its whole text and its end.
    private func ask(
        _ generator: Generator,
        _ prompt: String,
        search: GenerationJob.Search?,
        tokens: Int = 20,
        stops: [String] = [],
        temperature: Double = 0,
        seed: UInt64 = 1
    ) throws -> Mailbox<(text: String, ending: GenerationJob.Ending)> {
        var sampling = Sampling()
        sampling.temperature = temperature
        let now = MonotonicClock.now()
        let answer = Mailbox<(text: String, ending: GenerationJob.Ending)>()
        let sink = Sink(answer)
        let job = GenerationJob(
            prompt: try generator.model.prompt(prompt),
            tokensMax: tokens,
            sampling: sampling,
            search: search,
            seed: seed,
            stops: stops,
            arrival: now,
            deadline: now + .seconds(60)
        ) { sink.take($0) }
        _ = try generator.submit(job).get()
        return answer
    }

    /// The plain way: every text from its beginning at each step, every tensor copied.
    private func reference(_ prompt: String, _ settings: GenerationJob.Search, tokens: Int = 20) throws
        -> String
    {
        let model = try Fixtures.repository().model("writer", version: nil)
        let vocabulary = try #require(model.configuration.generation).vocabulary
        let start = [0] + (try vocabulary.tokens(prompt))
        var search = BeamSearch(
            width: settings.width,
            ends: [1],
            lengthMax: tokens,
            lengthPenalty: settings.lengthPenalty
        )
        while !search.isOver {
            var logits: [Float] = []
            for text in search.open {
                let all = (start + text.tokens).map { Int64($0) }
                let zeros = Tensor(.fp32, shape: [1, 12], numbers: [Float](repeating: 0, count: 12))
                let token = Tensor(.int64, shape: [1, all.count], numbers: all)
                logits += try model.session().run([token, zeros, zeros], outputs: [0])[0].numbers(
                    as: Float.self
                )
            }
            _ = search.advance(logits)
        }
        let best = try #require(search.best).tokens.filter { $0 != 1 }
        return String(decoding: best.flatMap(vocabulary.bytes), as: UTF8.self)
    }

    @Test(arguments: [2, 3, 8], [0, 1])
    func `finds what the model itself would give, every text from its beginning`(
        width: Int,
        penalty: Double
    ) throws {
        let generator = try Fixtures.generator("writer")
        defer { generator.drain() }
        let search = GenerationJob.Search(width: width, lengthPenalty: penalty)
        for prompt in ["the sea", "a", "queue"] {
            let answer = try ask(generator, prompt, search: search).take()
            #expect(answer.text == (try reference(prompt, search)))
        }
    }

    @Test func `gives the same whoever shares its steps`() throws {
        let generator = try Fixtures.generator("writer")
        defer { generator.drain() }
        let prompts = ["a", "some words before", "the sea", "queue"]
        func search(_ number: Int) -> GenerationJob.Search? {
            number % 3 == 0 ? nil : .init(width: 2 + number % 4)
        }
        func ask(_ number: Int) throws -> Mailbox<(text: String, ending: GenerationJob.Ending)> {
            try self.ask(
                generator,
                prompts[number % 4],
                search: search(number),
                temperature: 1,
                seed: UInt64(number)
            )
        }
        let alone = try (0..<24).map { try ask($0).take().text }
        let all = try (0..<24).map { try ask($0) }
        #expect(all.map { $0.take().text } == alone)
        #expect(
            generator.report.counts.steps.keys.contains { $0 > 5 },
            "no search shared a step with another text"
        )
    }

    @Test func `with an encoder looks for the whole translation`() throws {
        let generator = try Fixtures.generator("counter")
        defer { generator.drain() }
        let words = ["banana", "mississippi", "zz y", "queue"]
        let answers = try words.map { try ask(generator, $0, search: .init(width: 3)) }
        // Letters by their frequency, each once: no other order has the same likelihood.
        #expect(answers.map { $0.take().text.prefix(1) } == ["a", "i", "z", "e"])
    }

    @Test func `ends at a stop string, and says whether the model ended the text`() throws {
        let generator = try Fixtures.generator("writer")
        defer { generator.drain() }
        let search = GenerationJob.Search(width: 4, lengthPenalty: 2)
        let whole = try ask(generator, "x", search: search).take().text
        let stop = String(try #require(whole.last))
        let answer = try ask(generator, "x", search: search, stops: [stop]).take()
        #expect(answer.text == whole.prefix { String($0) != stop })
        guard case .completed(.stop, _) = answer.ending else {
            Issue.record("\(answer.ending)")
            return
        }
        guard
            case .completed(.length, tokens: 1) = try ask(generator, "x", search: search, tokens: 1).take()
                .ending
        else {
            Issue.record("one token is as long as it may be")
            return
        }
    }
}

/// Collects a text until its end.
private final class Sink: Sendable {
    private let text = Mutex("")
    private let answer: Mailbox<(text: String, ending: GenerationJob.Ending)>

    init(_ answer: Mailbox<(text: String, ending: GenerationJob.Ending)>) { self.answer = answer }

    func take(_ event: GenerationJob.Event) {
        switch event {
        case .piece(let piece): text.withLock { $0 += piece }
        case .ended(let ending): answer.put((text.withLock { $0 }, ending))
        }
    }
}
