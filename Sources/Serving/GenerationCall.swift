import Wire

/// A request for texts, read and checked, and the words in which it is answered.
package struct GenerationCall: Sendable {
    /// How requests and answers look.
    enum Dialect: Equatable, Sendable {
        /// Triton's generate extension.
        case triton(id: String?)
        /// OpenAI's completions.
        case completions(Completions)
    }

    /// What only OpenAI's completions have.
    struct Completions: Equatable, Sendable {
        let id: String
        /// Seconds since 1970.
        let created: Int64
        /// Whether the prompt stands before its text.
        let echo: Bool
        /// Whether a stream ends with the numbers of tokens.
        let includesUsage: Bool
    }

    /// A text that was made.
    struct Text: Sendable {
        var text = ""
        var ending: GenerationJob.Ending?
    }

    package let model: Model
    /// Whether the texts are sent while they are made.
    package let streams: Bool
    let dialect: Dialect
    let prompts: [String]
    let parameters: GenerationParameters

    // MARK: Streams

    /// The headers of a stream (WHATWG, "Server-sent events").
    static let streamHead = HTTPResponse(
        status: 200,
        headers: HTTPHeaders([
            .init("content-type", "text/event-stream"), .init("cache-control", "no-cache"),
            // Proxies are asked not to collect what comes piece by piece.
            .init("x-accel-buffering", "no"),
        ])
    )

    static func event(_ json: JSON) -> [UInt8] {
        Array("data: ".utf8) + json.encoded() + Array("\n\n".utf8)
    }

    /// What goes before the first piece of a text.
    func opening(_ index: Int) -> [UInt8] {
        guard case .completions(let completions) = dialect, completions.echo else { return [] }
        return piece(index, prompts[index])
    }

    func piece(_ index: Int, _ text: String) -> [UInt8] {
        switch dialect {
        case .triton(let id): Self.event(tritonAnswer(id, text, nil))
        case .completions(let completions):
            Self.event(chunk(completions, [choice(index, text, nil)]))
        }
    }

    /// The end of a text.
    func ending(_ index: Int, _ reason: GenerationJob.Reason, tokens: Int) -> [UInt8] {
        switch dialect {
        case .triton(let id): Self.event(tritonAnswer(id, "", (reason, tokens)))
        case .completions(let completions): Self.event(chunk(completions, [choice(index, "", reason)]))
        }
    }

    /// The end of a stream.
    func closing(promptTokens: Int, tokens: Int) -> [UInt8] {
        guard case .completions(let completions) = dialect else { return [] }
        var bytes: [UInt8] = []
        if completions.includesUsage {
            let usage = JSON.Member("usage", Self.usage(promptTokens, tokens))
            bytes = Self.event(chunk(completions, [], also: [usage]))
        }
        return bytes + Array("data: [DONE]\n\n".utf8)
    }

    /// What is sent when a stream that has begun cannot go on.
    func interruption(_ response: HTTPResponse) -> [UInt8] {
        Array("data: ".utf8) + response.body + Array("\n\n".utf8)
    }

    // MARK: Whole answers

    func answer(_ texts: [Text], promptTokens: Int) -> HTTPResponse {
        var tokens = 0
        var choices: [JSON] = []
        var last: (GenerationJob.Reason, Int)?
        for (index, text) in texts.enumerated() {
            guard case .completed(let reason, let count)? = text.ending else { continue }
            tokens += count
            last = (reason, count)
            choices.append(choice(index, text.text, reason))
        }
        switch dialect {
        case .triton(let id): return InferenceService.json(tritonAnswer(id, texts[0].text, last).encoded())
        case .completions(let completions):
            for (index, prompt) in prompts.enumerated() where completions.echo {
                guard case .completed(let reason, _)? = texts[index].ending else { continue }
                choices[index] = choice(index, prompt + texts[index].text, reason)
            }
            let usage = JSON.Member("usage", Self.usage(promptTokens, tokens))
            return InferenceService.json(chunk(completions, choices, also: [usage]).encoded())
        }
    }

    private func tritonAnswer(_ id: String?, _ text: String, _ end: (GenerationJob.Reason, Int)?) -> JSON {
        var members: [JSON.Member] = [
            .init("model_name", .string(model.name)), .init("model_version", .string(model.version)),
        ]
        if let id { members.append(.init("id", .string(id))) }
        members.append(.init("text_output", .string(text)))
        if let (reason, tokens) = end {
            members.append(.init("finish_reason", .string(reason.rawValue)))
            members.append(.init("tokens", .integer(Int64(tokens))))
        }
        return .object(members)
    }

    private func choice(_ index: Int, _ text: String, _ reason: GenerationJob.Reason?) -> JSON {
        [
            "text": .string(text), "index": .integer(Int64(index)), "logprobs": nil,
            "finish_reason": reason.map { .string($0.rawValue) } ?? .null,
        ]
    }

    private func chunk(_ completions: Completions, _ choices: [JSON], also: [JSON.Member] = []) -> JSON {
        .object(
            [
                .init("id", .string(completions.id)), .init("object", "text_completion"),
                .init("created", .integer(completions.created)), .init("model", .string(model.name)),
                .init("choices", .array(choices)),
            ] + also
        )
    }

    private static func usage(_ prompt: Int, _ made: Int) -> JSON {
        [
            "prompt_tokens": .integer(Int64(prompt)), "completion_tokens": .integer(Int64(made)),
            "total_tokens": .integer(Int64(prompt + made)),
        ]
    }
}
