import Wire

/// What the function's `MARK_*` variables say, checked once.
///
/// | Variable | Default | Meaning |
/// |---|---|---|
/// | `MARK_ROLE` | by the event's shape | `inference`; further roles come with the controller |
/// | `MARK_MODELS` | `models` in the function's code | folder of the model repository |
/// | `MARK_ONNXRUNTIME` | `lib` in the function's code | path of libonnxruntime.so.1 |
/// | `MARK_PRELOAD` | none; all with provisioned concurrency | models to load before the first event: names with commas, `all` or `none` |
/// | `MARK_THREADS` | by the function's memory | threads of one inference |
struct Settings: Equatable, Sendable {
    enum Role: String, CaseIterable, Sendable { case inference }

    enum Preload: Equatable, Sendable {
        /// What models' own configurations ask for.
        case configured
        case none
        case models([String])
    }

    let role: Role?
    let models: String?
    let onnxRuntime: String?
    let preload: Preload
    let threads: Int?

    private static let prefix = "MARK_"
    private static let names = [
        "MARK_ROLE", "MARK_MODELS", "MARK_ONNXRUNTIME", "MARK_PRELOAD", "MARK_THREADS",
    ]

    init(_ variables: [String: String]) throws(InvalidSetting) {
        let unknown = variables.keys.filter { $0.hasPrefix(Self.prefix) && !Self.names.contains($0) }.sorted()
        if let name = unknown.first {
            throw .unknown(name, nearest: EditDistance.nearest(to: name, in: Self.names))
        }
        let values = variables.filter { !$0.value.isEmpty }
        role = try values["MARK_ROLE"].map(Self.role)
        models = values["MARK_MODELS"]
        onnxRuntime = values["MARK_ONNXRUNTIME"]
        preload = Self.preload(values)
        threads = try values["MARK_THREADS"].map(Self.threads)
    }

    private static func role(_ text: String) throws(InvalidSetting) -> Role {
        guard let role = Role(rawValue: text) else {
            throw .malformed(
                "MARK_ROLE",
                text,
                expected: Role.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        return role
    }

    private static func preload(_ values: [String: String]) -> Preload {
        switch values["MARK_PRELOAD"] {
        case "none": return .none
        case let names?: return .models(names.split(separator: ",").map { String(trimmed($0)) })
        case nil:
            // Provisioned environments start ahead of their first request: what they load then costs nobody time.
            let type = values["AWS_LAMBDA_INITIALIZATION_TYPE"] ?? "on-demand"
            let startsAhead = type == "provisioned-concurrency" || type == "lambda-managed-instances"
            return startsAhead ? .models(["all"]) : .configured
        }
    }

    private static func threads(_ text: String) throws(InvalidSetting) -> Int {
        guard let threads = Int(text), (1...64).contains(threads) else {
            throw .malformed("MARK_THREADS", text, expected: "a whole number from 1 to 64")
        }
        return threads
    }
}

/// Why a `MARK_*` variable is refused.
enum InvalidSetting: Error, Equatable, CustomStringConvertible {
    case unknown(String, nearest: String?)
    case malformed(String, String, expected: String)

    var description: String {
        switch self {
        case .unknown(let name, let nearest):
            "unknown setting \(name)" + (nearest.map { "; did you mean \($0)?" } ?? "")
        case .malformed(let name, let value, let expected): "\(name) is '\(value)'; expected \(expected)"
        }
    }
}
