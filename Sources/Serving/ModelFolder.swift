import Wire

/// The folder of a model as it is now: its configuration, and the versions that lie in it.
struct ModelFolder {
    let name: String
    let path: String
    let configuration: ModelConfiguration
    /// Those that have a `model.onnx`, ascending.
    let versions: [String]

    /// Reads `config.json` and looks for versions; opens no model.
    init(_ name: String, at path: String) throws(ServingError) {
        self.name = name
        self.path = path
        configuration = try Self.configuration(of: name, at: path)
        versions = (File.names(in: path) ?? []).filter {
            Self.isVersion($0) && File.exists("\(path)/\($0)/model.onnx")
        }.sorted(by: Self.isOlder)
        guard !versions.isEmpty else {
            throw ServingError(
                status: 503,
                "model '\(name)' has no version: expected \(path)/1/model.onnx, or another whole number"
            )
        }
        guard !selected.isEmpty else {
            throw ServingError(
                status: 503,
                "model '\(name)' has no version that its version_policy selects; there are "
                    + versions.joined(separator: ", ")
            )
        }
    }

    var selected: [String] { configuration.versionPolicy.selected(of: versions) }

    /// Why versions are not served though they lie there or are named, by version.
    var unselected: [String: String] {
        var reasons: [String: String] = [:]
        let selected = Set(selected)
        for version in versions where !selected.contains(version) {
            reasons[version] = "not selected by version_policy"
        }
        for version in configuration.versionPolicy.missing(in: versions) {
            reasons[version] = "version_policy names it, but \(path)/\(version)/model.onnx is missing"
        }
        if let canary = configuration.canary, !selected.contains(canary.version) {
            reasons[canary.version] =
                "canary names it, but it is missing or not selected; it gets no requests"
        }
        return reasons
    }

    func model(_ version: String) -> String { "\(path)/\(version)/model.onnx" }
    func stamp(_ version: String) -> FolderStamp { FolderStamp(of: "\(path)/\(version)") ?? FolderStamp() }

    static func configuration(of name: String, at path: String) throws(ServingError) -> ModelConfiguration {
        let path = "\(path)/config.json"
        guard File.exists(path) else { return ModelConfiguration() }
        guard let text = File.contents(of: path, limit: 16 * 1024 * 1024) else {
            throw ServingError(status: 503, "model '\(name)': \(path) cannot be read or is larger than 16 MB")
        }
        do {
            return try ModelConfiguration(JSON(parsing: text))
        } catch {
            throw ServingError(status: 503, "model '\(name)': \(path): \(error)")
        }
    }

    private static func isVersion(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 18 && name.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    static func isOlder(_ one: String, _ other: String) -> Bool {
        (Int(one) ?? 0, one) < (Int(other) ?? 0, other)
    }
}
