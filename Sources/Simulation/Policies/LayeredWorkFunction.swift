package import Planning

/// Buys an instance for a layer of demand once Lambda's overspend on it equals a launch, and gives it up once its idle loss does.
///
/// The work function algorithm (Borodin, Linial, Saks 1992) on two states, for each layer on its own. Their work functions are
/// `off <- min(off + c_L z, on + P)` and `on <- min(on + P, off + c_L z + O)`; only the difference d = on - off decides, and from tick to
/// tick it is a counter between two walls: `d <- min(max(d + P - c_L z, 0), O)`. At 0 the layer is bought, at O it is left. Without a
/// launch delay it pays three times the optimum at most. Our planner without its forecast, its markets and its guards.
package struct LayeredWorkFunction: ScalingPolicy, Equatable {
    package let period = Duration.seconds(60)
    package let fleet: ScaledFleet
    package let costs: LayerCosts
    /// d of each layer that there was demand for, in dollars.
    private var differences: [Double] = []

    package init(_ fleet: ScaledFleet, _ costs: LayerCosts) { (self.fleet, self.costs) = (fleet, costs) }

    package mutating func plan(_ observation: Observation) -> [Decision] {
        guard let demand = observation.demand.last else { return [] }
        let count = demand ?? 0
        advance(count)
        let current = fleet.current(observation)
        var desired = current
        while desired < differences.count, differences[desired] <= 0 { desired += 1 }
        while desired > 0, difference(desired) >= costs.launchCost { desired -= 1 }
        guard desired != current else { return [] }
        let layer = desired > current ? current + 1 : current
        let (rate, capacity) = (costs.share(count, layer: layer) / 60, costs.capacity / 60)
        return fleet.decisions(
            for: desired,
            observation,
            because: desired > current
                ? .sustainedDemand(rate: rate, capacity: capacity) : .idle(rate: rate, capacity: capacity)
        )
    }

    private func difference(_ layer: Int) -> Double {
        layer <= differences.count ? differences[layer - 1] : costs.launchCost
    }

    private mutating func advance(_ count: Double) {
        let missing = costs.layers(count) - differences.count
        if missing > 0 { differences += [Double](repeating: costs.launchCost, count: missing) }
        for index in differences.indices {
            let spill = costs.saving * costs.share(count, layer: index + 1)
            differences[index] = min(max(differences[index] + costs.price - spill, 0), costs.launchCost)
        }
    }
}
