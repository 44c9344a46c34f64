import Control
import Fleet
import Routing
import Wire

/// What the function's `MARK_*` variables say of the inference role, checked once; router and controller have settings of their own.
///
/// | Variable | Default | Meaning |
/// |---|---|---|
/// | `MARK_ROLE` | by the event's shape | `inference`, `router` or `controller` |
/// | `MARK_MODELS` | `models` in the function's code | folder of the model repository |
/// | `MARK_ONNXRUNTIME` | `lib` in the function's code | path of libonnxruntime.so.1 |
/// | `MARK_PRELOAD` | none; all with provisioned concurrency | models to load before the first event: names with commas, `all` or `none` |
/// | `MARK_THREADS` | by the function's memory | threads of one inference |
/// | `MARK_RESPONSE_STREAM` | `no` | `yes` where the function's URL has the invoke mode RESPONSE_STREAM |
struct Settings: Equatable, Sendable {
    enum Role: String, CaseIterable, Sendable { case inference, router, controller }

    private enum Switch: String, CaseIterable, Sendable { case yes, no }

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
    /// Whether the function's URL takes answers while they are made.
    let streams: Bool
    /// Whether a table is named: then a function without a role is the controller too.
    let hasStack: Bool

    private static let prefix = "MARK_"
    private static let names = [
        "MARK_ROLE", "MARK_MODELS", "MARK_ONNXRUNTIME", "MARK_PRELOAD", "MARK_THREADS",
        "MARK_RESPONSE_STREAM",
    ]

    /// - Throws: also for a variable that no role knows.
    init(_ variables: [String: String]) throws(InvalidSetting) {
        let known = Self.names + ControlSettings.names + RouterSettings.names
        let unknown = variables.keys.filter { $0.hasPrefix(Self.prefix) && !known.contains($0) }.sorted()
        if let name = unknown.first {
            throw .unknown(name, nearest: EditDistance.nearest(to: name, in: known))
        }
        let reader = SettingsReader(variables)
        role = try reader.choice("MARK_ROLE", Role.self)
        models = reader.string("MARK_MODELS")
        onnxRuntime = reader.string("MARK_ONNXRUNTIME")
        preload = Self.preload(reader)
        hasStack = reader.string("MARK_TABLE") != nil
        streams = try reader.choice("MARK_RESPONSE_STREAM", Switch.self) == .yes
        threads = try reader.integer("MARK_THREADS", 1...64)
    }

    private static func preload(_ reader: SettingsReader) -> Preload {
        switch reader.string("MARK_PRELOAD") {
        case "none": return .none
        case let names?: return .models(names.split(separator: ",").map { String(trimmed($0)) })
        case nil:
            // Provisioned environments start ahead of their first request: what they load then costs nobody time.
            let type = reader.string("AWS_LAMBDA_INITIALIZATION_TYPE") ?? "on-demand"
            let startsAhead = type == "provisioned-concurrency" || type == "lambda-managed-instances"
            return startsAhead ? .models(["all"]) : .configured
        }
    }
}
