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
        // Also keeps the model's identity from being used again.
        let model: Model
        let dispatcher: Dispatcher
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
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
            let entry = state.entries[ObjectIdentifier(model)] ?? Entry(model: model, dispatcher: made)
            state.entries[ObjectIdentifier(model)] = entry
            return (entry.dispatcher, state.isDraining)
        }
        // Someone else was quicker, or the end has come.
        if kept !== made || isDraining { made.drain() }
        return kept
    }

    /// The dispatcher that a model has already.
    package func existing(for model: Model) -> Dispatcher? {
        state.withLock { $0.entries[ObjectIdentifier(model)]?.dispatcher }
    }

    /// Drops the dispatchers of models that are not served any more; what they have admitted is still served.
    package func keep(_ models: [Model]) {
        let kept = Set(models.map { ObjectIdentifier($0) })
        let dropped = state.withLock { state in
            let dropped = state.entries.filter { !kept.contains($0.key) }
            for key in dropped.keys { state.entries[key] = nil }
            return dropped.values.map(\.dispatcher)
        }
        for dispatcher in dropped { dispatcher.drain() }
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
    package var isIdle: Bool { all.allSatisfy { $0.dispatcher.isIdle } }

    /// All there are, by name and version of their models.
    package var all: [(model: Model, dispatcher: Dispatcher)] {
        state.withLock { $0.entries.values.map { ($0.model, $0.dispatcher) } }
            .sorted { ($0.model.name, $0.model.version) < ($1.model.name, $1.model.version) }
    }
}
