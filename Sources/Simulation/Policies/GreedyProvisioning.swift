import Forecasting
package import Planning

/// MArk as published: plans for the busiest minute that is forecast, and fills it greedily with the instances that serve a request for the
/// least (Zhang et al., "MArk", USENIX ATC 2019, proactive provisioning; `fill` and `kill` in the authors'
/// modules/proactive_controller.py).
///
/// Our forecast stands where theirs had an LSTM. Lambda takes what exceeds the plan, but is no candidate for the last instance; there is
/// no hysteresis beyond what the forecast has.
package struct GreedyProvisioning: ScalingPolicy, Equatable {
    package struct Candidate: Equatable, Sendable {
        package let fleet: ScaledFleet
        /// Requests in a minute.
        package let capacity: Double
        /// Dollars a minute.
        package let price: Double

        package init(_ fleet: ScaledFleet, _ costs: LayerCosts) {
            (self.fleet, capacity, price) = (fleet, costs.capacity, costs.price)
        }

        /// Dollars a request when it takes what it can of a demand.
        func price(_ demand: Double) -> Double { price / min(capacity, demand) }
    }

    package let period = Duration.seconds(60)
    package let candidates: [Candidate]
    /// Minutes ahead that are planned for at least; the launch takes so long.
    package let horizon: Int

    package init(_ candidates: [Candidate], horizon: Int) {
        (self.candidates, self.horizon) = (candidates, horizon)
    }

    package func plan(_ observation: Observation) -> [Decision] {
        guard let last = observation.demand.last else { return [] }
        let expected = observation.forecasts.first { $0.horizon >= horizon }?.max ?? last ?? 0
        let there = observation.instances.filter { $0.isUsable && $0.warning == nil }
        let missing = expected - there.reduce(0) { $0 + (candidate($1)?.capacity ?? 0) }
        let reason = { Reason.forecast(expected: expected / 60, capacity: (expected - missing) / 60) }
        return missing > 0 ? fill(missing, because: reason()) : kill(-missing, there, because: reason())
    }

    private func candidate(_ instance: Instance) -> Candidate? {
        candidates.first { $0.fleet.pool.type == instance.type && $0.fleet.market == instance.market }
    }

    private func fill(_ missing: Double, because reason: Reason) -> [Decision] {
        var counts = [Int](repeating: 0, count: candidates.count)
        var missing = missing
        while missing > 0,
            let cheapest = candidates.indices.min(by: {
                candidates[$0].price(missing) < candidates[$1].price(missing)
            })
        {
            counts[cheapest] += 1
            missing -= candidates[cheapest].capacity
        }
        return zip(candidates, counts).compactMap { candidate, count in
            guard count > 0 else { return nil }
            let fleet = candidate.fleet
            return Decision(
                .launch(.init(market: fleet.market, pools: [fleet.pool], count: count)),
                because: reason
            )
        }
    }

    /// Drains what the surplus holds whole, the dearest first, and of those the latest.
    private func kill(_ surplus: Double, _ there: [Instance], because reason: Reason) -> [Decision] {
        let dearest = there.indices.sorted {
            let (one, other) = (candidate(there[$0]), candidate(there[$1]))
            return (one?.price(.infinity) ?? 0, $0) > (other?.price(.infinity) ?? 0, $1)
        }
        var (surplus, decisions) = (surplus, [Decision]())
        for index in dearest {
            guard let capacity = candidate(there[index])?.capacity, capacity <= surplus else { continue }
            surplus -= capacity
            decisions.append(Decision(.drain(instance: there[index].id), because: reason))
        }
        return decisions
    }
}
