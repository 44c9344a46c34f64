/// The versions of a model that are served, and which of them answers a request.
struct ModelVersions: Sendable {
    /// Ascending, at least one.
    let models: [Model]
    /// As last read; the models' own may be older in what says nothing of how they are run.
    let configuration: ModelConfiguration
    /// Why versions of the folder are not served, by version; "" for what concerns the whole folder.
    var refused: [String: String] = [:]

    /// What answers requests that name no version, but for the canary's share: the highest version that can be loaded.
    var stable: Model {
        let others = models.filter { $0.version != configuration.canary?.version }
        let candidates = others.isEmpty ? models : others
        return candidates.last { $0.failure == nil } ?? candidates[candidates.count - 1]
    }

    /// The version that gets a share of the requests; nil without one, and while it cannot be served.
    var canary: (rule: Canary, model: Model)? {
        guard let rule = configuration.canary,
            let model = models.first(where: { $0.version == rule.version && $0.failure == nil })
        else { return nil }
        return (rule, model)
    }

    /// The versions to serve after a change of the folder.
    ///
    /// What serves goes on until all that is to replace it is loaded, and the last one even without its files: a broken version must
    /// not take the service down.
    /// - Parameters:
    ///   - loaded: the wanted versions that are ready.
    ///   - isComplete: whether no wanted version failed.
    ///   - present: versions whose files are there.
    static func succeeding(
        _ serving: [Model],
        loaded: [Model],
        isComplete: Bool,
        present: Set<String>
    ) -> [Model] {
        if isComplete { return loaded }
        let names = Set(loaded.map(\.version))
        let rest = serving.filter { !names.contains($0.version) }
        let kept = rest.filter { present.contains($0.version) }
        let all = loaded + kept
        return (all.isEmpty ? rest : all).sorted { ModelFolder.isOlder($0.version, $1.version) }
    }
}

/// The version that answers a request, which may still depend on the request's id.
struct VersionChoice: Sendable {
    let model: Model
    /// Nil when there is nothing left to decide.
    private let canary: (rule: Canary, model: Model)?

    init(_ model: Model, unlessIn canary: (rule: Canary, model: Model)? = nil) {
        self.model = model
        self.canary = canary
    }

    /// The version that answers instead; nil for none.
    ///
    /// - Parameter ticket: for a request without an id.
    func other(id: String?, ticket: () -> UInt64) -> Model? {
        guard let canary else { return nil }
        return canary.rule.takes(id.map { Canary.ticket(id: $0) } ?? ticket()) ? canary.model : nil
    }
}
