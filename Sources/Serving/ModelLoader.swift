import ONNX

/// How a repository's models are loaded.
struct ModelLoader: Sendable {
    let options: SessionOptions
    let runtime: ONNXRuntime
    let threads: (@Sendable (String, ModelConfiguration) -> Int)?
    let now: @Sendable () -> Duration

    /// The versions of a folder that are served, none of them loaded yet.
    func versions(_ folder: ModelFolder) -> ModelVersions {
        ModelVersions(
            models: folder.selected.map { model($0, in: folder) },
            configuration: folder.configuration,
            refused: folder.unselected
        )
    }

    /// A version as it lies in its folder, not loaded yet.
    ///
    /// - Parameter old: the same version as it is served; what its files and the configuration leave as it is, is used again.
    func model(_ version: String, in folder: ModelFolder, replacing old: Model? = nil) -> Model {
        let stamp = folder.stamp(version)
        let options = options(folder.name, folder.configuration)
        let isSame = old.map { $0.stamp == stamp && $0.failure == nil } ?? false
        if isSame, let old, old.configuration.isServed(like: folder.configuration) { return old }
        let session =
            isSame && old.map { self.options($0.name, $0.configuration) } == options
            ? old?.loadedSession : nil
        let path = folder.model(version)
        let optimization = folder.configuration.optimization
        return Model(
            name: folder.name,
            version: version,
            path: path,
            stamp: stamp,
            configuration: folder.configuration,
            now: now
        ) { [runtime] () throws(ONNXError) in
            if let session { return session }
            var options = options
            options.optimization =
                optimization
                ?? LoadingHint.decoded(fromEnd: File.end(of: path, count: LoadingHint.length)) ?? .all
            return try Session(model: path, options: options, runtime: runtime)
        }
    }

    private func options(_ name: String, _ configuration: ModelConfiguration) -> SessionOptions {
        var options = options
        options.prepacking = configuration.prepacking
        // Nil leaves it to the file; what it says then is the same while the file is.
        options.optimization = configuration.optimization ?? .all
        if let threads { options.threads = threads(name, configuration) }
        return options
    }
}
