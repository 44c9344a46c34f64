package import ONNX
package import Wire

/// A model's `config.json`.
///
/// Every key may be left out.
///
/// ```json
/// {"labels": {"probabilities": ["cat", "dog"]}, "optimization": "all", "prepacking": true, "preload": false,
///  "slo": {"latency_ms": 100, "target": 0.99}, "batching": {"enabled": true, "size_max": 32},
///  "preprocess": {"size": [224, 224], …}, "softmax": true, "profiles": {"c7i.large": …},
///  "version_policy": {"latest": {"count": 2}}, "canary": {"version": "2", "percent": 10}, "cache": {"entries_max": 1000}}
/// ```
/// Profiles are by type of machine; see `MachineProfile`. For pictures see `Preprocessing`, for texts `GenerationConfiguration`.
package struct ModelConfiguration: Equatable, Sendable {
    /// The latency objective: this share of requests finishes within this time.
    package struct SLO: Equatable, Sendable {
        package let latencyMilliseconds: Double
        /// Between 0 and 1, as 0.99.
        package let target: Double
    }

    package struct Batching: Equatable, Sendable {
        /// Whether requests may share a run at all.
        package var isEnabled = true
        /// Rows of a batch at most; nil for as many as pay.
        package var sizeMax: Int?
    }

    /// Class names by output, in the order of the output's last axis.
    package var labels: [String: [String]] = [:]
    /// How the graph is rewritten while it loads; nil leaves it to the model's own hint, and to `all` where it has
    /// none.
    package var optimization: SessionOptions.Optimization?
    package var prepacking = true
    /// Whether the model is loaded before the first request.
    package var preload = false
    /// It has no default: nobody else knows what is fast enough.
    package var slo: SLO?
    package var batching = Batching()
    package var profiles: [String: MachineProfile] = [:]
    /// How pictures become an input; nil for models that take none.
    package var preprocess: Preprocessing?
    /// Which of the versions that lie in the folder are served.
    package var versionPolicy = VersionPolicy.all
    /// A version that gets a share of the requests; nil for none.
    package var canary: Canary?
    /// How many answers to keep; nil for none.
    package var cache: PredictionCacheLimits?
    /// How the model makes texts; nil for models that make none.
    package var generation: GenerationConfiguration?
    /// Whether the scores answered to a picture are logits, to be made probabilities.
    package var softmax = false

    private static let keys = [
        "batching", "cache", "canary", "generation", "labels", "optimization", "prepacking", "preload",
        "preprocess", "profiles", "slo", "softmax", "version_policy",
    ]

    package init() {}

    package init(_ json: JSON) throws(InvalidConfiguration) {
        guard let members = json.objectValue else { throw .expected("an object", at: "the whole file") }
        for member in members {
            switch member.key {
            case "labels": labels = try Self.labels(member.value)
            case "optimization": optimization = try Self.optimization(member.value)
            case "prepacking": prepacking = try Self.bool(member)
            case "preload": preload = try Self.bool(member)
            case "slo": slo = try Self.slo(member.value)
            case "batching": batching = try Self.batching(member.value)
            case "preprocess": preprocess = try Preprocessing(member.value, at: "preprocess")
            case "generation": generation = try GenerationConfiguration(member.value, at: "generation")
            case "softmax": softmax = try Self.bool(member)
            case "version_policy": versionPolicy = try VersionPolicy(member.value, at: member.key)
            case "canary": canary = try Canary(member.value, at: member.key)
            case "cache": cache = try PredictionCacheLimits(member.value, at: member.key)
            case "profiles": profiles = try Self.profiles(member.value)
            default:
                throw .unknownKey(member.key, nearest: EditDistance.nearest(to: member.key, in: Self.keys))
            }
        }
    }

    /// Whether a version is served the same way under another configuration, which may choose among the versions differently.
    func isServed(like other: ModelConfiguration) -> Bool {
        var own = self
        (own.versionPolicy, own.canary) = (other.versionPolicy, other.canary)
        return own == other
    }

    private static func bool(_ member: JSON.Member) throws(InvalidConfiguration) -> Bool {
        guard let value = member.value.boolValue else { throw .expected("true or false", at: member.key) }
        return value
    }

    private static func optimization(
        _ value: JSON
    ) throws(InvalidConfiguration) -> SessionOptions.Optimization {
        guard let level = value.stringValue.flatMap(SessionOptions.Optimization.init(name:)) else {
            let names = SessionOptions.Optimization.allCases.map(\.name).joined(separator: ", ")
            throw .expected("one of \(names)", at: "optimization")
        }
        return level
    }

    private static func labels(_ value: JSON) throws(InvalidConfiguration) -> [String: [String]] {
        guard let members = value.objectValue else {
            throw .expected("an object of output names and their lists of labels", at: "labels")
        }
        var labels: [String: [String]] = [:]
        for member in members {
            let names = member.value.arrayValue?.compactMap(\.stringValue)
            guard let names, names.count == member.value.arrayValue?.count else {
                throw .expected("a list of strings", at: "labels.\(member.key)")
            }
            labels[member.key] = names
        }
        return labels
    }

    private static func batching(_ value: JSON) throws(InvalidConfiguration) -> Batching {
        let members = try ConfigurationMembers(value, ["enabled", "size_max"], at: "batching")
        return Batching(
            isEnabled: try members.bool("enabled") ?? true,
            sizeMax: try members.integer("size_max", 1...65_536)
        )
    }

    /// The value of `profiles`: profiles by type of machine.
    package static func profiles(_ value: JSON) throws(InvalidConfiguration) -> [String: MachineProfile] {
        guard let members = value.objectValue else {
            throw .expected("an object of machine types and their profiles", at: "profiles")
        }
        var profiles: [String: MachineProfile] = [:]
        for member in members {
            profiles[member.key] = try MachineProfile(member.value, at: "profiles.\(member.key)")
        }
        return profiles
    }

    private static func slo(_ value: JSON) throws(InvalidConfiguration) -> SLO {
        guard let latency = value["latency_ms"]?.doubleValue, latency > 0 else {
            throw .expected("a number of milliseconds above 0", at: "slo.latency_ms")
        }
        guard let target = value["target"]?.doubleValue, target > 0, target < 1 else {
            throw .expected("a share between 0 and 1, such as 0.99", at: "slo.target")
        }
        return SLO(latencyMilliseconds: latency, target: target)
    }
}

/// Why a `config.json` is refused.
package enum InvalidConfiguration: Error, Equatable, CustomStringConvertible {
    case unknownKey(String, nearest: String?)
    case expected(String, at: String)
    case invalid(String, at: String)

    package var description: String {
        switch self {
        case .unknownKey(let key, let nearest):
            "unknown key '\(key)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .expected(let what, let place): "expected \(what) at \(place)"
        case .invalid(let reason, let place): "\(place): \(reason)"
        }
    }
}
