/// What a plan asks for: each one effect.
package enum Action: Equatable, Sendable {
    /// Instances that are as good as each other, in the order of preference of their pools; EC2 gives what it has.
    package struct Launch: Equatable, Sendable {
        package let market: Market
        /// The first is the one that was planned with; the others can serve as much.
        package let pools: [Pool]
        package let count: Int

        package init(market: Market, pools: [Pool], count: Int) {
            precondition(!pools.isEmpty && count > 0, "a launch names a pool and a count")
            (self.market, self.pools, self.count) = (market, pools, count)
        }
    }

    case launch(Launch)
    /// Takes no new requests from now on, and ends once it is idle.
    case drain(instance: String)
    /// How many environments Lambda keeps ready.
    case provision(environments: Int)
    /// How many environments are to be warm, by concurrent invocations.
    case warm(environments: Int)
}

/// An action, why it was chosen, and what would have been done otherwise.
package struct Decision: Equatable, Sendable {
    package let action: Action
    package let reason: Reason
    /// The next best choice; nil when there was none.
    package let runnerUp: RunnerUp?

    package struct RunnerUp: Equatable, Sendable {
        package let name: String
        /// What it would cost more, over the time that was looked at.
        package let costsMore: Dollars

        package init(name: String, costsMore: Dollars) { (self.name, self.costsMore) = (name, costsMore) }
    }

    package init(_ action: Action, because reason: Reason, insteadOf runnerUp: RunnerUp? = nil) {
        (self.action, self.reason, self.runnerUp) = (action, reason, runnerUp)
    }
}
