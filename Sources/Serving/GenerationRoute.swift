/// The calls that make texts, by path: Triton's generate extension, and OpenAI's completions and models.
enum GenerationRoute: Equatable {
    case generate(name: String, version: String?, streams: Bool)
    case completions
    case models
    case model(name: String)
    /// Another path under /v1.
    case unknown

    var method: String {
        switch self {
        case .generate, .completions: "POST"
        case .models, .model, .unknown: "GET"
        }
    }

    /// Whether errors are told in OpenAI's form.
    var isOpenAI: Bool { if case .generate = self { false } else { true } }

    /// Nil for a path that is none of these.
    init?(path: String) {
        let segments = Route.segments(of: path)
        if segments.first == "v1" {
            self = Self.openAI(segments.dropFirst())
            return
        }
        guard let path = ModelPath(segments) else { return nil }
        switch path.rest {
        case ["generate"]: self = .generate(name: path.name, version: path.version, streams: false)
        case ["generate_stream"]: self = .generate(name: path.name, version: path.version, streams: true)
        default: return nil
        }
    }

    private static func openAI(_ segments: ArraySlice<String?>) -> GenerationRoute {
        if segments == ["completions"] { return .completions }
        guard segments.first == "models", segments.count <= 2 else { return .unknown }
        if segments.count == 1 { return .models }
        return segments.last.flatMap(\.self).map { .model(name: $0) } ?? .unknown
    }
}
