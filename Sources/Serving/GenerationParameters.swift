import Wire

/// What a caller asks of a text, in either dialect.
struct GenerationParameters: Equatable, Sendable {
    var tokensMax: Int
    var sampling = Sampling()
    /// Nil for a seed of its own.
    var seed: UInt64?
    var stops: [String] = []
    /// Nil for a text that is drawn.
    var search: GenerationJob.Search?

    /// The names that both dialects share.
    static let names = [
        "max_tokens", "temperature", "top_k", "top_p", "stop", "seed", "stream", "beam_width",
        "length_penalty",
    ]
    private static let stopsMax = 16
    private static let stopBytesMax = 1024

    /// - Parameter tokensMax: of a caller who does not say.
    init(
        _ reader: ParameterReader,
        _ configuration: GenerationConfiguration,
        tokensMax: Int? = nil
    ) throws(ServingError) {
        let most = configuration.tokensMax
        self.tokensMax = try reader.integer("max_tokens", 1...most) ?? min(tokensMax ?? most, most)
        // A translation is looked for, a text is drawn.
        let temperature = configuration.encoder == nil ? 1.0 : 0
        sampling.temperature = try reader.number("temperature", 0...100) ?? temperature
        // Some clients send 0 or -1 for all.
        let topK = try reader.integer("top_k", -1...1_000_000) ?? 0
        sampling.topK = topK > 0 ? topK : nil
        let topP = try reader.number("top_p", 0...1) ?? 1
        guard topP > 0 else { throw reader.wrong("top_p", 0, "a number above 0, up to 1") }
        sampling.topP = topP
        seed = try reader.integer("seed", Int.min...Int.max).map { UInt64(bitPattern: Int64($0)) }
        stops = try reader.strings("stop", max: Self.stopsMax)
        guard stops.allSatisfy({ $0.utf8.count <= Self.stopBytesMax }) else {
            throw .badRequest("a stop string has more than \(Self.stopBytesMax) bytes; send shorter ones")
        }
        try readSearch(reader)
    }

    private mutating func readSearch(_ reader: ParameterReader) throws(ServingError) {
        let penalty = try reader.number("length_penalty", 0...10)
        guard let width = try reader.integer("beam_width", BeamSearch.widths) else {
            guard penalty == nil else {
                throw .badRequest("'length_penalty' is of a beam search; add 'beam_width', or leave it out")
            }
            return
        }
        for name in ["temperature", "top_k", "top_p"] where reader[name] != nil {
            throw .badRequest("'\(name)' draws and 'beam_width' searches; leave one of them out")
        }
        // Of one hypothesis the search is what a temperature of 0 gives, and that is told as it is made.
        sampling.temperature = 0
        search = width == 1 ? nil : .init(width: width, lengthPenalty: penalty ?? 1)
    }
}
