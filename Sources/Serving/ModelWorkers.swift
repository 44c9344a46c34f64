import Synchronization

/// What does the work of one version of a model, for any number of callers.
package protocol ModelWorker: AnyObject, Sendable {
    /// Whether nothing waits or runs.
    var isIdle: Bool { get }
    /// Takes no new work from here on; what was admitted is done.
    func drain()
}

/// The workers of a repository's models, each made when its model is first asked for.
package final class ModelWorkers<Worker: ModelWorker>: Sendable {
    private struct Entry {
        /// Nil for a version that is not served any more: its last requests alone hold it.
        var model: Model?
        weak var last: Model?
        let worker: Worker

        init(_ model: Model, _ worker: Worker) {
            self.model = model
            last = model
            self.worker = worker
        }
    }

    private struct State {
        /// By the versions' numbers.
        var entries: [UInt64: Entry] = [:]
        var isDraining = false

        var workers: [Worker] { entries.values.map(\.worker) }
    }

    private let state = Mutex(State())
    private let make: @Sendable (Model) throws(ServingError) -> Worker

    /// - Parameter make: called when a version of a model is first asked for.
    package init(make: @escaping @Sendable (Model) throws(ServingError) -> Worker) { self.make = make }

    package func worker(for model: Model) throws(ServingError) -> Worker {
        if let worker = existing(for: model) { return worker }
        // Making one may measure, for which those who want other models must not wait.
        let made = try make(model)
        let (kept, isDraining) = state.withLock { state in
            let entry = state.entries[model.number] ?? Entry(model, made)
            state.entries[model.number] = entry
            return (entry.worker, state.isDraining)
        }
        // Someone else was quicker, or the end has come.
        if kept !== made || isDraining { made.drain() }
        return kept
    }

    /// The worker that a model has already.
    package func existing(for model: Model) -> Worker? {
        state.withLock { $0.entries[model.number]?.worker }
    }

    /// What a repository does to versions that come and go while these work for it.
    ///
    /// What it costs to begin, such as measuring, is paid before a version gets its first request.
    package var effects: ModelRepository.Effects {
        var effects = ModelRepository.Effects()
        effects.prepare = { [self] (model) throws(ServingError) in _ = try worker(for: model) }
        effects.changed = { [self] in keep($0) }
        return effects
    }

    /// Lets go of versions that are not served any more: each goes on until the last request that was given to it is answered, then its
    /// worker ends.
    private func keep(_ models: [Model]) {
        let kept = Set(models.map(\.number))
        let dropped = state.withLock { state in
            let dropped = state.entries.filter { !kept.contains($0.key) }.compactMap(\.value.model)
            for model in dropped { state.entries[model.number]?.model = nil }
            return dropped
        }
        for model in dropped { model.whenUnused { [self, number = model.number] in end(number) } }
    }

    private func end(_ number: UInt64) {
        state.withLock { $0.entries.removeValue(forKey: number) }?.worker.drain()
    }

    /// Takes no new work from here on.
    package func drain() {
        let workers = state.withLock { state in
            state.isDraining = true
            return state.workers
        }
        for worker in workers { worker.drain() }
    }

    /// Whether nothing waits or runs.
    package var isIdle: Bool { state.withLock { $0.workers }.allSatisfy(\.isIdle) }

    /// All there are, by name and version of their models.
    package var all: [(model: Model, worker: Worker)] {
        state.withLock { $0.entries.values.compactMap { entry in entry.last.map { ($0, entry.worker) } } }
            .sorted { ($0.model.name, $0.model.version) < ($1.model.name, $1.model.version) }
    }
}
