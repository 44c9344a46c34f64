import Synchronization

/// Changes of a repository that serves: no request is lost to one.
///
/// A version gets traffic once it is loaded and ready, and what it replaces ends with its last request.
extension ModelRepository {
    /// Reads a model's folder again, and serves what is in it now.
    ///
    /// Versions whose files and configuration are as before stay as they are. A version that cannot be loaded replaces nothing.
    /// - Throws: also when only some of the versions cannot be served; the others are.
    package func load(_ name: String) throws(ServingError) {
        // A name from a request becomes part of a path.
        guard File.names(in: folder)?.contains(name) == true else {
            throw .notFound("there is no folder for a model '\(name)' in the repository")
        }
        try changing.withLock { _ throws(ServingError) in
            contents.withLock { $0.unloaded.subtract([name]) }
            try reload(name)
        }
    }

    /// Takes a model out of the repository until it is loaded again.
    package func unload(_ name: String) throws(ServingError) {
        _ = try versions(of: name)
        changing.withLock { _ in
            contents.withLock { $0.unloaded.formUnion([name]) }
            remove(name, "model '\(name)' is unloaded; load it with POST /v2/repository/models/\(name)/load")
        }
    }

    /// The folders of models as they are now; nil when the repository's own cannot be read.
    package func folders() -> [String: FolderStamp]? {
        guard let names = File.names(in: folder) else { return nil }
        var folders: [String: FolderStamp] = [:]
        for name in names { folders[name] = FolderStamp(of: "\(folder)/\(name)") }
        return folders
    }

    /// Follows a change of the folder that was seen; not for models that a caller has unloaded.
    ///
    /// - Returns: what to note about it, in words.
    package func follow(_ change: RepositoryWatch.Change) -> String? {
        changing.withLock { _ in
            switch change {
            case .remove(let name), .load(let name):
                if contents.withLock({ $0.unloaded.contains(name) }) { return nil }
            }
            switch change {
            case .remove(let name):
                remove(name, nil)
                return "No longer served: the folder of '\(name)' is gone"
            case .load(let name):
                do throws(ServingError) { try reload(name) } catch {
                    return "Not served: \(error.description)"
                }
                let versions = (try? versions(of: name).map(\.version)) ?? []
                return "Serving \(name) \(versions.joined(separator: ", ")) from here on"
            }
        }
    }

    /// Lets go of versions that could not be loaded, where others of their model can serve instead.
    package func dropFailed() {
        changing.withLock { _ in
            contents.withLock { contents in
                for (name, versions) in contents.models {
                    let failed = versions.models.filter { $0.failure != nil }
                    guard !failed.isEmpty, failed.count < versions.models.count else { continue }
                    var kept = ModelVersions(
                        models: versions.models.filter { $0.failure == nil },
                        configuration: versions.configuration,
                        refused: versions.refused
                    )
                    for model in failed { kept.refused[model.version] = model.failure }
                    contents.models[name] = kept
                }
            }
        }
    }

    // MARK: With the lock of changes

    private func reload(_ name: String) throws(ServingError) {
        let read: ModelFolder
        do throws(ServingError) { read = try ModelFolder(name, at: "\(folder)/\(name)") } catch {
            contents.withLock { contents in
                // What serves goes on.
                if contents.models[name] == nil { contents.broken[name] = error.description }
                contents.models[name]?.refused[""] = error.description
            }
            throw error
        }
        try put(read, contents.withLock { $0.models[name]?.models ?? [] })
    }

    private func put(_ folder: ModelFolder, _ serving: [Model]) throws(ServingError) {
        let (loaded, failures) = ready(folder, serving)
        let models = ModelVersions.succeeding(
            serving,
            loaded: loaded,
            isComplete: failures.isEmpty,
            present: Set(folder.versions)
        )
        let first = failures.min { ModelFolder.isOlder($0.key, $1.key) }
        if let first, models.isEmpty {
            contents.withLock { $0.broken[folder.name] = first.value }
            throw ServingError(status: 503, first.value)
        }
        let refused = folder.unselected.merging(failures) { $1 }
        contents.withLock { contents in
            contents.models[folder.name] = ModelVersions(
                models: models,
                configuration: folder.configuration,
                refused: refused
            )
            contents.broken[folder.name] = nil
        }
        effects.changed(all)
        if let first {
            throw ServingError(
                status: 503,
                "version \(first.key) of model '\(folder.name)' is not served: \(first.value); it goes on with "
                    + models.map(\.version).joined(separator: ", ")
            )
        }
    }

    /// The selected versions that can be served, and why others cannot.
    private func ready(_ folder: ModelFolder, _ serving: [Model]) -> ([Model], [String: String]) {
        var (loaded, failures): ([Model], [String: String]) = ([], [:])
        for version in folder.selected {
            let old = serving.first { $0.version == version }
            let model = loader.model(version, in: folder, replacing: old)
            do throws(ServingError) {
                _ = try model.session()
                if model !== old { try effects.prepare(model) }
                loaded.append(model)
            } catch { failures[version] = error.description }
        }
        return (loaded, failures)
    }

    private func remove(_ name: String, _ reason: String?) {
        contents.withLock { contents in
            contents.models[name] = nil
            contents.broken[name] = reason
        }
        effects.changed(all)
    }
}
