package import Batching
import Synchronization

/// The dispatchers of a repository's models, each made when its model is first asked for.
package final class Dispatchers: Sendable {
    /// How a model's requests are to be batched, and where.
    package struct Plan: Equatable, Sendable {
        package let policy: BatchingPolicy
        package let placement: Dispatcher.Placement

        package init(policy: BatchingPolicy, placement: Dispatcher.Placement) {
            self.policy = policy
            self.placement = placement
        }
    }

    private struct Entry {
        /// Nil for a version that is not served any more: its last requests alone hold it.
        var model: Model?
        weak var last: Model?
        let dispatcher: Dispatcher

        init(_ model: Model, _ dispatcher: Dispatcher) {
            self.model = model
            last = model
            self.dispatcher = dispatcher
        }
    }

    private struct State {
        /// By the versions' numbers.
        var entries: [UInt64: Entry] = [:]
        var isDraining = false
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Duration
    private let plan: @Sendable (Model) throws(ServingError) -> Plan

    /// - Parameters:
    ///   - now: a monotonic clock.
    ///   - plan: called when a version of a model is first asked for.
    package init(
        now: @escaping @Sendable () -> Duration,
        plan: @escaping @Sendable (Model) throws(ServingError) -> Plan
    ) {
        self.now = now
        self.plan = plan
    }

    package func dispatcher(for model: Model) throws(ServingError) -> Dispatcher {
        if let dispatcher = existing(for: model) { return dispatcher }
        // Planning may measure, for which those who want other models must not wait.
        let plan = try plan(model)
        let made = Dispatcher(plan.policy, placement: plan.placement, now: now, run: Dispatcher.runTogether)
        let (kept, isDraining) = state.withLock { state in
            let entry = state.entries[model.number] ?? Entry(model, made)
            state.entries[model.number] = entry
            return (entry.dispatcher, state.isDraining)
        }
        // Someone else was quicker, or the end has come.
        if kept !== made || isDraining { made.drain() }
        return kept
    }

    /// What a repository does to versions that come and go while these dispatchers serve it.
    ///
    /// What it costs to begin, such as measuring, is paid before a version gets its first request.
    package var effects: ModelRepository.Effects {
        var effects = ModelRepository.Effects()
        effects.prepare = { [self] (model) throws(ServingError) in _ = try dispatcher(for: model) }
        effects.changed = { [self] in keep($0) }
        return effects
    }

    /// The dispatcher that a model has already.
    package func existing(for model: Model) -> Dispatcher? {
        state.withLock { $0.entries[model.number]?.dispatcher }
    }

    /// Lets go of versions that are not served any more: each goes on until the last request that was given to it is answered, then its
    /// dispatcher ends.
    package func keep(_ models: [Model]) {
        let kept = Set(models.map(\.number))
        let dropped = state.withLock { state in
            let dropped = state.entries.filter { !kept.contains($0.key) }.compactMap(\.value.model)
            for model in dropped { state.entries[model.number]?.model = nil }
            return dropped
        }
        for model in dropped { model.whenUnused { [self, number = model.number] in end(number) } }
    }

    private func end(_ number: UInt64) {
        state.withLock { $0.entries.removeValue(forKey: number) }?.dispatcher.drain()
    }

    /// Takes no new work from here on.
    package func drain() {
        let dispatchers = state.withLock { state in
            state.isDraining = true
            return state.entries.values.map(\.dispatcher)
        }
        for dispatcher in dispatchers { dispatcher.drain() }
    }

    /// Whether nothing waits or runs.
    package var isIdle: Bool {
        state.withLock { $0.entries.values.map(\.dispatcher) }.allSatisfy(\.isIdle)
    }

    /// All there are, by name and version of their models.
    package var all: [(model: Model, dispatcher: Dispatcher)] {
        state.withLock { $0.entries.values.compactMap { entry in entry.last.map { ($0, entry.dispatcher) } } }
            .sorted { ($0.model.name, $0.model.version) < ($1.model.name, $1.model.version) }
    }
}
