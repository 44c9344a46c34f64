import Glibc
import Serving
import Wire

/// A model's config.json, changed without losing what it does not concern.
struct ConfigurationFile: Sendable {
    let path: String
    /// Of the model's highest version.
    let modelPath: String
    private(set) var configuration: ModelConfiguration
    private var json: JSON

    init(model folder: String) throws {
        let folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        path = folder + "/config.json"
        let versions = (1...9999).filter { Terminal.isReadable("\(folder)/\($0)/model.onnx") }
        guard let version = versions.last else {
            throw CommandFailure("there is no model in \(folder); expected \(folder)/1/model.onnx")
        }
        modelPath = "\(folder)/\(version)/model.onnx"
        json = .object([])
        configuration = ModelConfiguration()
        guard Terminal.isReadable(path) else { return }
        do {
            json = try JSON(parsing: Files.bytes(path))
            configuration = try ModelConfiguration(json)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }

    var slo: Duration? { configuration.slo.map { .milliseconds($0.latencyMilliseconds) } }

    var profiles: JSON { json["profiles"] ?? .object([]) }

    mutating func set(_ profile: MachineProfile, machine: String) {
        configuration.profiles[machine] = profile
        set(profile.json, machine: machine)
    }

    private mutating func set(_ profile: JSON, machine: String) {
        var profiles = profiles.objectValue ?? []
        profiles.removeAll { $0.key == machine }
        profiles.append(.init(machine, profile))
        var members = json.objectValue ?? []
        members.removeAll { $0.key == "profiles" }
        members.append(.init("profiles", .object(profiles)))
        json = .object(members)
    }

    /// Takes profiles by machine from a text; returns how many.
    mutating func add(profiles text: [UInt8], from source: String) throws -> Int {
        do {
            let json = try JSON(parsing: text)
            let profiles = try ModelConfiguration.profiles(json)
            for (machine, profile) in profiles.sorted(by: { $0.key < $1.key }) {
                set(profile, machine: machine)
            }
            return profiles.count
        } catch {
            throw CommandFailure("\(source): \(error)")
        }
    }

    /// Puts the new text in the place of the old one at once.
    func write() throws {
        let temporary = "\(path).\(getpid())"
        try Files.write(json.prettyText + "\n", to: temporary)
        guard rename(temporary, path) == 0 else {
            throw CommandFailure("cannot rename \(temporary) to \(path): \(String(cString: strerror(errno)))")
        }
    }
}

extension JSON {
    /// Text for people: objects and lists of objects over several lines, everything else in one.
    var prettyText: String { pretty(indent: "") }

    private func pretty(indent: String) -> String {
        let inner = indent + "  "
        switch self {
        case .object(let members) where !isFlat:
            let lines = members.map {
                "\(inner)\(JSON.string($0.key).compactText): \($0.value.pretty(indent: inner))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
        case .array(let elements) where !isFlat:
            return
                "[\n\(elements.map { inner + $0.pretty(indent: inner) }.joined(separator: ",\n"))\n\(indent)]"
        default: return compactText
        }
    }

    /// Whether nothing in it needs a line of its own.
    private var isFlat: Bool {
        switch self {
        case .object(let members): members.allSatisfy { $0.value.isScalar }
        case .array(let elements): elements.allSatisfy(\.isScalar)
        default: true
        }
    }

    private var isScalar: Bool {
        switch self {
        case .object, .array: false
        default: true
        }
    }

    private var compactText: String { String(decoding: encoded(), as: UTF8.self) }
}
