package import Planning

/// Instances of one kind, of which a policy decides only how many there are to be.
package struct ScaledFleet: Equatable, Sendable {
    package let pool: Pool
    package let market: Market
    package let counts: ClosedRange<Int>
    /// How many there are to be before anything is known of the load.
    package let start: Int

    package init(
        type: String,
        market: Market = .onDemand,
        zone: String = "us-east-1a",
        counts: ClosedRange<Int> = 0...1000,
        start: Int = 0
    ) {
        (pool, self.market) = (Pool(type: type, zone: zone), market)
        (self.counts, self.start) = (counts, start)
    }

    /// What the first tick does, when nothing is known.
    package func begin(_ observation: Observation) -> [Decision] { decisions(for: start, observation) }

    /// Instances that serve or will.
    package func current(_ observation: Observation) -> Int {
        observation.instances.reduce(0) { $0 + ($1.isUsable && $1.warning == nil ? 1 : 0) }
    }

    /// Instances that serve.
    package func serving(_ observation: Observation) -> Int {
        observation.instances.reduce(0) { $0 + ($1.isServing ? 1 : 0) }
    }

    /// Launches what is missing, or drains what is too much: those that do not serve yet first, and of all the latest.
    ///
    /// Instances that EC2 takes back count as gone.
    package func decisions(
        for desired: Int,
        _ observation: Observation,
        because reason: Reason? = nil
    ) -> [Decision] {
        let current = current(observation)
        let wanted = min(max(desired, counts.lowerBound), counts.upperBound)
        let reason = reason ?? .target(desired: wanted, current: current)
        if wanted > current {
            let launch = Action.Launch(market: market, pools: [pool], count: wanted - current)
            return [Decision(.launch(launch), because: reason)]
        }
        guard wanted < current else { return [] }
        let candidates = observation.instances.filter { $0.isUsable && $0.warning == nil }.enumerated().sorted
        {
            ($0.element.isServing ? 1 : 0, -$0.offset) < ($1.element.isServing ? 1 : 0, -$1.offset)
        }
        return candidates.prefix(current - wanted).map {
            Decision(.drain(instance: $0.element.id), because: reason)
        }
    }
}
