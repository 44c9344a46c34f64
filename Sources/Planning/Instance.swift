/// A machine of ours, as the planner knows it.
package struct Instance: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        /// Asked for; EC2 has not said more.
        case requested(at: Duration)
        /// Runs and is billed, and does not serve yet.
        case booting(since: Duration)
        case serving(since: Duration)
        /// Takes no new requests; ends when it has answered what it has.
        case draining(since: Duration)
        case gone(Departure)
    }

    package enum Departure: String, CaseIterable, Sendable {
        case released
        /// EC2 took it back.
        case interrupted
        case crashed
        /// It never served.
        case failedToBoot = "failed to boot"
    }

    package let id: String
    /// As in `InstanceType.name`.
    package let type: String
    package let market: Market
    package let zone: String
    package var state: State
    package let launchedAt: Duration
    /// EC2 has said that it takes the instance back, or (a rebalance recommendation) that it may soon.
    package var warning: Warning?

    package enum Warning: Equatable, Sendable {
        case rebalance
        case interruption(at: Duration)
    }

    package init(
        id: String,
        type: String,
        market: Market,
        zone: String,
        state: State,
        launchedAt: Duration,
        warning: Warning? = nil
    ) {
        (self.id, self.type, self.market, self.zone) = (id, type, market, zone)
        (self.state, self.launchedAt, self.warning) = (state, launchedAt, warning)
    }

    package var pool: Pool { Pool(type: type, zone: zone) }

    /// Serves, or will: what demand can be given to.
    package var isUsable: Bool {
        switch state {
        case .requested, .booting, .serving: true
        case .draining, .gone: false
        }
    }

    package var isDraining: Bool {
        if case .draining = state { true } else { false }
    }

    package var isServing: Bool {
        if case .serving = state { true } else { false }
    }
}
