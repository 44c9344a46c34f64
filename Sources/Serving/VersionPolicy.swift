import Wire

/// Which versions of a model's folder are served: `version_policy` in its `config.json`.
///
/// Source: TensorFlow Serving's `model_version_policy` and Triton's `version_policy`, whose meaning it has. The default is all, as
/// callers may name any version here.
package enum VersionPolicy: Equatable, Sendable {
    case all
    /// So many of the highest versions, 1 or more.
    case latest(Int)
    /// These, ascending, at least one.
    case specific([Int])

    /// Takes `"all"`, `{"latest": {"count": 2}}` or `{"specific": [1, 3]}`.
    init(_ json: JSON, at path: String) throws(InvalidConfiguration) {
        if json.stringValue == "all" {
            self = .all
            return
        }
        guard let members = json.objectValue, members.count == 1, let member = members.first else {
            throw .expected(Self.forms, at: path)
        }
        switch member.key {
        case "all": self = .all
        case "latest":
            let latest = try ConfigurationMembers(member.value, ["count"], at: "\(path).latest")
            self = .latest(try latest.integer("count", 1...1_000_000) ?? 1)
        case "specific": self = .specific(try Self.versions(member.value, at: "\(path).specific"))
        default: throw .expected(Self.forms, at: path)
        }
    }

    private static let forms = #""all", {"latest": {"count": 1}} or {"specific": [1, 3]}"#

    private static func versions(_ json: JSON, at path: String) throws(InvalidConfiguration) -> [Int] {
        let versions = (json.arrayValue ?? []).compactMap(\.intValue).filter { $0 >= 0 }
        guard !versions.isEmpty, versions.count == json.arrayValue?.count,
            Set(versions).count == versions.count
        else {
            throw .expected("a list of different versions, whole numbers such as [1, 3]", at: path)
        }
        return versions.sorted()
    }

    /// Those of a folder's versions that are served.
    ///
    /// - Parameter versions: ascending, as numbers in text.
    package func selected(of versions: [String]) -> [String] {
        switch self {
        case .all: versions
        case .latest(let count): Array(versions.suffix(count))
        case .specific(let wanted): versions.filter { version in wanted.contains { Int(version) == $0 } }
        }
    }

    /// Versions that are asked for by number and that the folder does not have.
    package func missing(in versions: [String]) -> [String] {
        guard case .specific(let wanted) = self else { return [] }
        return wanted.filter { number in !versions.contains { Int($0) == number } }.map { String($0) }
    }

    /// As in Triton's model configuration.
    var json: JSON {
        switch self {
        case .all: ["all": [:]]
        case .latest(let count): ["latest": ["num_versions": .integer(Int64(count))]]
        case .specific(let versions):
            ["specific": ["versions": .array(versions.map { .integer(Int64($0)) })]]
        }
    }
}
