import ArgumentParser
import Wire

/// What `mark invoke` asks of a text.
struct TextOptions: ParsableArguments {
    @Option(help: "Go on from this text, or translate it; tokens are shown as they come.")
    var text: String?

    @Option(help: "Tokens to make at most. Default: the model's own limit.")
    var maxTokens: Int?

    @Option(help: "0 always takes the likeliest token; 1 draws tokens as often as they are likely.")
    var temperature: Double?

    @Option(help: "Draw from so many of the likeliest tokens only.")
    var topK: Int?

    @Option(help: "Draw from the fewest tokens only that together have this probability.")
    var topP: Double?

    @Option(help: "End the text before this one; may be given several times.")
    var stop: [String] = []

    @Option(help: "Draw the same text again. Default: another one each time.")
    var seed: Int?

    @Option(help: "Search with so many texts side by side, 1 to 8, instead of drawing; for translations.")
    var beamWidth: Int?

    @Option(
        help:
            "Favour longer texts of a search: the power of the length that likelihoods are divided by. Default: 1."
    )
    var lengthPenalty: Double?

    /// Whether anything but the text is given.
    var isRefined: Bool {
        beamWidth != nil || lengthPenalty != nil || maxTokens != nil || temperature != nil || topK != nil
            || topP != nil || !stop.isEmpty || seed != nil
    }

    func request(_ text: String) -> JSON {
        var members: [JSON.Member] = [.init("text_input", .string(text))]
        if let maxTokens { members.append(.init("max_tokens", .integer(Int64(maxTokens)))) }
        if let temperature { members.append(.init("temperature", .double(temperature))) }
        if let topK { members.append(.init("top_k", .integer(Int64(topK)))) }
        if let topP { members.append(.init("top_p", .double(topP))) }
        if !stop.isEmpty { members.append(.init("stop", .array(stop.map { .string($0) }))) }
        if let beamWidth { members.append(.init("beam_width", .integer(Int64(beamWidth)))) }
        if let lengthPenalty { members.append(.init("length_penalty", .double(lengthPenalty))) }
        if let seed { members.append(.init("seed", .integer(Int64(seed)))) }
        return .object(members)
    }
}
