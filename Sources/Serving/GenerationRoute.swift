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
        let segments = path.split(separator: "/").map { Route.decoded($0) }
        guard let first = segments.first else { return nil }
        if first == "v1" {
            switch Array(segments.dropFirst()) {
            case ["completions"]: self = .completions
            case ["models"]: self = .models
            case let rest where rest.count == 2 && rest[0] == "models" && rest[1] != nil:
                self = .model(name: rest[1] ?? "")
            default: self = .unknown
            }
            return
        }
        guard first == "v2", segments.count >= 4, segments[1] == "models", let name = segments[2] else {
            return nil
        }
        var rest = segments[3...]
        var version: String?
        if rest.first == "versions", rest.count == 3 {
            version = rest[4]
            rest = rest.dropFirst(2)
        }
        switch Array(rest) {
        case ["generate"]: self = .generate(name: name, version: version, streams: false)
        case ["generate_stream"]: self = .generate(name: name, version: version, streams: true)
        default: return nil
        }
    }
}
