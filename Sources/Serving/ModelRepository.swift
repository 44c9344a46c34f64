package import ONNX
import Synchronization
import Wire

/// The models of a folder in Triton's and KServe's layout: `<name>/<version>/model.onnx` and `<name>/config.json`.
///
/// Versions are whole numbers; the highest answers requests that name none.
package final class ModelRepository: Sendable {
    private struct Contents {
        /// All versions by model, ascending.
        var models: [String: [Model]] = [:]
        /// Why the folders that hold no usable model are none.
        var broken: [String: String] = [:]
    }

    private let folder: String
    private let loading: Loading
    private let contents: Mutex<Contents>

    private var models: [String: [Model]] { contents.withLock { $0.models } }
    private var broken: [String: String] { contents.withLock { $0.broken } }

    /// - Parameters:
    ///   - folder: the repository; it must exist, and may be empty.
    ///   - options: where a model's configuration says nothing else.
    ///   - threads: threads of a model's runs, by its name and configuration; nil for those of `options`.
    ///   - now: a monotonic clock, to tell how long loading takes.
    package init(
        folder: String,
        options: SessionOptions,
        runtime: ONNXRuntime,
        threads: (@Sendable (String, ModelConfiguration) -> Int)? = nil,
        now: @escaping @Sendable () -> Duration = { .zero }
    ) throws(ServingError) {
        guard let names = File.names(in: folder) else {
            throw ServingError(
                status: 503,
                "there is no model repository at \(folder); set MARK_MODELS to the folder that holds models"
            )
        }
        let loading = Loading(options: options, runtime: runtime, threads: threads, now: now)
        var contents = Contents()
        for name in names where File.names(in: "\(folder)/\(name)") != nil {
            do throws(ServingError) {
                contents.models[name] = try Self.versions(of: name, in: "\(folder)/\(name)", loading)
            } catch {
                contents.broken[name] = error.description
            }
        }
        self.folder = folder
        self.loading = loading
        self.contents = Mutex(contents)
    }

    /// How models are loaded.
    private struct Loading: Sendable {
        let options: SessionOptions
        let runtime: ONNXRuntime
        let threads: (@Sendable (String, ModelConfiguration) -> Int)?
        let now: @Sendable () -> Duration

        func options(_ name: String, _ configuration: ModelConfiguration) -> SessionOptions {
            var options = options
            options.prepacking = configuration.prepacking
            if let threads { options.threads = threads(name, configuration) }
            return options
        }
    }

    private static func versions(
        of name: String,
        in folder: String,
        _ loading: Loading
    ) throws(ServingError) -> [Model] {
        let configuration = try readConfiguration(of: name, in: folder)
        let options = loading.options(name, configuration)
        let versions = (File.names(in: folder) ?? []).filter { isVersion($0) }.sorted(by: isOlder)
        let models = versions.compactMap { version -> Model? in
            let path = "\(folder)/\(version)/model.onnx"
            guard File.exists(path) else { return nil }
            return Model(
                name: name,
                version: version,
                path: path,
                configuration: configuration,
                now: loading.now
            ) {
                [options] () throws(ONNXError) in
                var options = options
                options.optimization =
                    configuration.optimization
                    ?? LoadingHint.decoded(fromEnd: File.end(of: path, count: LoadingHint.length)) ?? .all
                return try Session(model: path, options: options, runtime: loading.runtime)
            }
        }
        guard !models.isEmpty else {
            throw ServingError(
                status: 503,
                "model '\(name)' has no version: expected \(folder)/1/model.onnx, or another whole number"
            )
        }
        return models
    }

    /// The names of all models of a repository, usable or not, sorted.
    package static func folders(in root: String) -> [String] {
        (File.names(in: root) ?? []).filter { File.names(in: "\(root)/\($0)") != nil }.sorted()
    }

    /// A model's configuration, without loading the model or even the engine.
    ///
    /// - Parameters:
    ///   - name: nil for the only model that there is.
    ///   - root: folder of the repository.
    package static func configuration(
        of name: String?,
        in root: String
    ) throws(ServingError) -> (name: String, configuration: ModelConfiguration) {
        let names = folders(in: root)
        guard let chosen = name ?? (names.count == 1 ? names[0] : nil) else {
            throw ServingError(
                status: 503,
                "name one of the models \(names.joined(separator: ", ")) in \(root); there is more than one, or none"
            )
        }
        guard names.contains(chosen) else {
            throw ServingError(
                status: 503,
                "there is no model '\(chosen)' in \(root); known are \(names.joined(separator: ", "))"
            )
        }
        return (chosen, try readConfiguration(of: chosen, in: "\(root)/\(chosen)"))
    }

    private static func readConfiguration(
        of name: String,
        in folder: String
    ) throws(ServingError) -> ModelConfiguration {
        let path = "\(folder)/config.json"
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

    private static func isOlder(_ one: String, _ other: String) -> Bool {
        (Int(one) ?? 0, one) < (Int(other) ?? 0, other)
    }

    // MARK: Changes

    /// Reads a model's folder again, loads its highest version, and puts it in the place of what was there.
    ///
    /// What is under way ends with the session that it began with. What cannot be loaded replaces nothing.
    package func load(_ name: String) throws(ServingError) {
        // A name from a request becomes part of a path.
        guard File.names(in: folder)?.contains(name) == true else {
            throw .notFound("there is no folder for a model '\(name)' in the repository")
        }
        let versions = try Self.versions(of: name, in: "\(folder)/\(name)", loading)
        _ = try versions[versions.count - 1].session()
        contents.withLock { contents in
            contents.models[name] = versions
            contents.broken[name] = nil
        }
    }

    /// Takes a model out of the repository until it is loaded again.
    package func unload(_ name: String) throws(ServingError) {
        _ = try versions(of: name)
        contents.withLock { contents in
            contents.models[name] = nil
            contents.broken[name] =
                "model '\(name)' is unloaded; load it with POST /v2/repository/models/\(name)/load"
        }
    }

    // MARK: Lookup

    /// All models, by name and version.
    package var all: [Model] { models.sorted { $0.key < $1.key }.flatMap(\.value) }

    /// Folders that hold no usable model, with the reasons, by name.
    package var unusable: [(name: String, reason: String)] {
        broken.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The versions of a model, ascending.
    package func versions(of name: String) throws(ServingError) -> [Model] {
        if let versions = models[name] { return versions }
        if let reason = broken[name] { throw ServingError(status: 503, reason) }
        let nearest = EditDistance.nearest(to: name, in: models.keys.sorted())
        throw .notFound(
            "unknown model '\(name)'; "
                + (nearest.map { "did you mean '\($0)'?" }
                    ?? "models here: \(models.keys.sorted().joined(separator: ", "))")
        )
    }

    /// A version of a model, or its highest for nil.
    package func model(_ name: String, version: String?) throws(ServingError) -> Model {
        let versions = try versions(of: name)
        guard let version else { return versions[versions.count - 1] }
        guard let model = versions.first(where: { $0.version == version }) else {
            throw .notFound(
                "model '\(name)' has no version '\(version)'; versions here: "
                    + versions.map(\.version).joined(separator: ", ")
            )
        }
        return model
    }

    /// The name of the only model, for requests that name none.
    func onlyModelName() throws(ServingError) -> String {
        guard let name = models.keys.first, models.count == 1 else {
            throw .badRequest(
                "the request names no model; add \"model_name\": one of \(models.keys.sorted().joined(separator: ", "))"
            )
        }
        return name
    }

    /// Loads what is asked for by name, or everything for `all`, and models whose configuration says so.
    package func preload(_ names: [String]) throws(ServingError) {
        let loadsAll = names == ["all"]
        if loadsAll, let first = unusable.first { throw ServingError(status: 503, first.reason) }
        if !loadsAll { for name in names { _ = try model(name, version: nil) } }
        for model in all where loadsAll || names.contains(model.name) || model.configuration.preload {
            _ = try model.session()
        }
    }

    /// Loads models whose configuration says so.
    ///
    /// One that cannot be loaded says that to its own callers, not to those of others.
    package func preloadConfigured() {
        for model in all where model.configuration.preload { _ = try? model.session() }
    }
}
