/// The Open Inference Protocol's calls, by path (version 2, "HTTP/REST").
enum Route: Equatable {
    case live
    case ready
    case server
    case model(name: String, version: String?)
    case modelReady(name: String, version: String?)
    case infer(name: String, version: String?)
    case configuration(name: String, version: String?)
    case statistics(name: String?, version: String?)
    case index
    case load(name: String)
    case unload(name: String)

    /// The method that the call takes.
    var method: String {
        switch self {
        case .infer, .index, .load, .unload: "POST"
        case .live, .ready, .server, .model, .modelReady, .configuration, .statistics: "GET"
        }
    }

    /// Nil for a path that is none of the protocol's.
    ///
    /// A slash at the end is tolerated.
    init?(path: String) {
        let segments = Self.segments(of: path)
        switch segments {
        case ["v2"]: self = .server
        case ["v2", "health", "live"]: self = .live
        case ["v2", "health", "ready"]: self = .ready
        case ["v2", "repository", "index"]: self = .index
        case ["v2", "models", "stats"]: self = .statistics(name: nil, version: nil)
        default:
            if segments.count == 5, segments.prefix(3) == ["v2", "repository", "models"],
                let name = segments[3]
            {
                switch segments[4] {
                case "load": self = .load(name: name)
                case "unload": self = .unload(name: name)
                default: return nil
                }
                return
            }
            guard let path = ModelPath(segments) else { return nil }
            self.init(path)
        }
    }

    private init?(_ path: ModelPath) {
        let (name, version) = (path.name, path.version)
        switch path.rest {
        case []: self = .model(name: name, version: version)
        case ["ready"]: self = .modelReady(name: name, version: version)
        case ["infer"]: self = .infer(name: name, version: version)
        case ["config"]: self = .configuration(name: name, version: version)
        case ["stats"]: self = .statistics(name: name, version: version)
        default: return nil
        }
    }

    /// A path's segments without their percent-encoding; nil for one that cannot be read.
    static func segments(of path: String) -> [String?] { path.split(separator: "/").map { decoded($0) } }

    /// A path segment without its percent-encoding; nil when that is malformed or hides what is no UTF-8.
    private static func decoded(_ segment: Substring) -> String? {
        guard segment.utf8.contains(UInt8(ascii: "%")) else { return String(segment) }
        var bytes: [UInt8] = []
        var rest = segment.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(Substring(rest.prefix(2)))
            guard digits.utf8.count == 2, digits.first != "+", let value = UInt8(digits, radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
