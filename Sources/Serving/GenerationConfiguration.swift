package import Wire

/// How a model makes texts: the `generation` of its `config.json`.
///
/// ```json
/// {"token": "token", "logits": "logits", "states": {"h": "h_out", "c": "c_out"}, "vocabulary": "bytes",
///  "start": [256], "end": [256], "tokens_max": 256, "slots": 32, "encoder": "encoder.onnx"}
/// ```
/// The graph takes `token` INT64 [N, T] and the states [N, …], and gives `logits` FP32 [N, V] of what follows the last token, and the
/// new states. A state that no output renews is constant during a text. With an `encoder`, a second graph beside the model's, the prompt
/// goes there as `source` INT64 [1, S], and its outputs are the first values of the states of the same names; else states begin as zeros.
package struct GenerationConfiguration: Equatable, Sendable {
    package var token = "token"
    package var logits = "logits"
    /// State inputs, and the outputs that renew them.
    package var states: [String: String] = [:]
    package var vocabulary = Vocabulary.bytes
    /// Tokens put before the prompt; with an encoder, those that decoding begins with.
    package var start: [Int] = []
    /// Tokens that end a text.
    package var end: [Int] = []
    /// Tokens of a text at most, and as many as it gets from callers who do not say.
    package var tokensMax = 256
    /// Tokens of a prompt at most.
    package var promptMax = 4096
    /// Texts that are made at once.
    package var slots = 32
    /// File name of the encoder, beside the model's.
    package var encoder: String?

    private static let keys = [
        "encoder", "end", "logits", "prompt_max", "slots", "start", "states", "token", "tokens_max",
        "vocabulary",
    ]

    package init() {}

    package init(_ json: JSON, at path: String) throws(InvalidConfiguration) {
        let members = try ConfigurationMembers(json, Self.keys, at: path)
        token = try members.string("token") ?? token
        logits = try members.string("logits") ?? logits
        states = try Self.states(json["states"], at: members.place("states"))
        vocabulary = try Vocabulary(json["vocabulary"] ?? "bytes", at: members.place("vocabulary"))
        start = try Self.tokens(json["start"], vocabulary, at: members.place("start"))
        end = try Self.tokens(json["end"], vocabulary, at: members.place("end"))
        tokensMax = try members.integer("tokens_max", 1...65_536) ?? tokensMax
        promptMax = try members.integer("prompt_max", 1...65_536) ?? promptMax
        slots = try members.integer("slots", 1...1024) ?? slots
        encoder = try members.string("encoder")
        if let encoder, encoder.isEmpty || encoder.contains("/") {
            throw .expected("the name of a file in the model's folder", at: members.place("encoder"))
        }
        if encoder != nil, start.isEmpty {
            throw .expected("a token to begin with, as there is an encoder", at: members.place("start"))
        }
    }

    private static func states(_ json: JSON?, at path: String) throws(InvalidConfiguration) -> [String:
        String]
    {
        guard let json else { return [:] }
        guard let members = json.objectValue else {
            throw .expected("an object of state inputs and the outputs that renew them", at: path)
        }
        var states: [String: String] = [:]
        for member in members {
            guard let output = member.value.stringValue else {
                throw .expected("the name of an output", at: "\(path).\(member.key)")
            }
            states[member.key] = output
        }
        return states
    }

    private static func tokens(
        _ json: JSON?,
        _ vocabulary: Vocabulary,
        at path: String
    ) throws(InvalidConfiguration) -> [Int] {
        guard let json else { return [] }
        let ids = (json.arrayValue ?? [json]).compactMap(\.intValue).filter { (0..<1 << 31).contains($0) }
        guard ids.count == json.arrayValue?.count ?? 1, ids.count <= 64 else {
            throw .expected("a list of token numbers", at: path)
        }
        return ids
    }
}
