package import ONNX
import Synchronization
import Wire

/// The models of a folder in Triton's and KServe's layout: `<name>/<version>/model.onnx` and `<name>/config.json`.
///
/// Versions are whole numbers; the highest answers requests that name none, but for what a canary gets. Which are served is the model's
/// `version_policy`'s to say.
package final class ModelRepository: Sendable {
    /// What happens around changes of a repository that serves already.
    package struct Effects: Sendable {
        /// Makes a version ready for traffic, before it gets any; what it throws keeps the version out.
        package var prepare: @Sendable (Model) throws(ServingError) -> Void = { (_) throws(ServingError) in }
        /// Called with all that is served, after a change.
        package var changed: @Sendable ([Model]) -> Void = { _ in }

        package init() {}
    }

    struct Contents {
        /// Models with something to serve.
        var models: [String: ModelVersions] = [:]
        /// Why the folders that hold no usable model are none.
        var broken: [String: String] = [:]
        /// Taken out by a caller: only a caller brings them back.
        var unloaded: Set<String> = []
    }

    let folder: String
    let loader: ModelLoader
    let effects: Effects
    let contents: Mutex<Contents>
    /// Held while models change, one after the other.
    let changing = Mutex(())
    /// The folders of models as they were before they were read: where watching begins.
    package let stamps: [String: FolderStamp]
    private let tickets: Atomic<UInt64>

    private var models: [String: ModelVersions] { contents.withLock { $0.models } }
    private var broken: [String: String] { contents.withLock { $0.broken } }

    /// - Parameters:
    ///   - folder: the repository; it must exist, and may be empty.
    ///   - options: where a model's configuration says nothing else.
    ///   - threads: threads of a model's runs, by its name and configuration; nil for those of `options`.
    ///   - firstTicket: where the counter that splits requests without an id begins; processes that see few of them need different ones.
    ///   - now: a monotonic clock, to tell how long loading takes.
    package init(
        folder: String,
        options: SessionOptions,
        runtime: ONNXRuntime,
        threads: (@Sendable (String, ModelConfiguration) -> Int)? = nil,
        effects: Effects = Effects(),
        firstTicket: UInt64 = 0,
        now: @escaping @Sendable () -> Duration = { .zero }
    ) throws(ServingError) {
        guard let names = File.names(in: folder) else {
            throw ServingError(
                status: 503,
                "there is no model repository at \(folder); set MARK_MODELS to the folder that holds models"
            )
        }
        let loader = ModelLoader(options: options, runtime: runtime, threads: threads, now: now)
        var (contents, stamps) = (Contents(), [String: FolderStamp]())
        for name in names where File.names(in: "\(folder)/\(name)") != nil {
            stamps[name] = FolderStamp(of: "\(folder)/\(name)")
            do throws(ServingError) {
                contents.models[name] = loader.versions(try ModelFolder(name, at: "\(folder)/\(name)"))
            } catch {
                contents.broken[name] = error.description
            }
        }
        self.stamps = stamps
        self.folder = folder
        self.loader = loader
        self.effects = effects
        tickets = Atomic(firstTicket)
        self.contents = Mutex(contents)
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
        return (chosen, try ModelFolder.configuration(of: chosen, at: "\(root)/\(chosen)"))
    }

    // MARK: Lookup

    /// All models, by name and version.
    package var all: [Model] { models.sorted { $0.key < $1.key }.flatMap(\.value.models) }

    /// Folders that hold no usable model, with the reasons, by name.
    package var unusable: [(name: String, reason: String)] {
        broken.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Versions that are not served of models that are, with the reasons, by name and version; "" for what concerns a whole folder.
    package var refused: [(name: String, version: String, reason: String)] {
        models.sorted { $0.key < $1.key }.flatMap { name, versions in
            versions.refused.sorted { ModelFolder.isOlder($0.key, $1.key) }.map { (name, $0.key, $0.value) }
        }
    }

    /// The versions of a model that are served, ascending.
    package func versions(of name: String) throws(ServingError) -> [Model] { try served(name).models }

    func served(_ name: String) throws(ServingError) -> ModelVersions {
        if let versions = models[name] { return versions }
        if let reason = broken[name] { throw ServingError(status: 503, reason) }
        let nearest = EditDistance.nearest(to: name, in: models.keys.sorted())
        throw .notFound(
            "unknown model '\(name)'; "
                + (nearest.map { "did you mean '\($0)'?" }
                    ?? "models here: \(models.keys.sorted().joined(separator: ", "))")
        )
    }

    /// A version of a model; for nil the one that answers requests beside a canary.
    package func model(_ name: String, version: String?) throws(ServingError) -> Model {
        let versions = try served(name)
        guard let version else { return versions.stable }
        guard let model = versions.models.first(where: { $0.version == version }) else {
            throw .notFound(
                "model '\(name)' has no version '\(version)'; versions here: "
                    + versions.models.map(\.version).joined(separator: ", ")
                    + (versions.refused[version].map { " (\($0))" } ?? "")
            )
        }
        return model
    }

    /// The version that answers a request.
    func choice(_ name: String, version: String?) throws(ServingError) -> VersionChoice {
        if version != nil { return VersionChoice(try model(name, version: version)) }
        let versions = try served(name)
        return VersionChoice(versions.stable, unlessIn: versions.canary)
    }

    /// The ticket of a request that has no id.
    func nextTicket() -> UInt64 {
        Canary.ticket(number: tickets.wrappingAdd(1, ordering: .relaxed).oldValue)
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
