package import Batching

/// The dispatchers of a repository's models.
package typealias Dispatchers = ModelWorkers<Dispatcher>

extension Dispatcher: ModelWorker {}

extension ModelWorkers where Worker == Dispatcher {
    /// How a model's requests are to be batched, and where.
    package struct Plan: Equatable, Sendable {
        package let policy: BatchingPolicy
        package let placement: Dispatcher.Placement

        package init(policy: BatchingPolicy, placement: Dispatcher.Placement) {
            self.policy = policy
            self.placement = placement
        }
    }

    /// - Parameters:
    ///   - now: a monotonic clock.
    ///   - plan: called when a version of a model is first asked for.
    package convenience init(
        now: @escaping @Sendable () -> Duration,
        plan: @escaping @Sendable (Model) throws(ServingError) -> Plan
    ) {
        self.init { (model) throws(ServingError) in
            let plan = try plan(model)
            return Dispatcher(
                plan.policy,
                placement: plan.placement,
                now: now,
                run: Dispatcher.runTogether
            )
        }
    }
}
