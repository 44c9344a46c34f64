package import Planning

/// So many instances, whatever comes: static peak, a reserved count below it, or none at all.
package struct FixedFleet: ScalingPolicy, Equatable {
    package let period = Duration.seconds(60)
    package let fleet: ScaledFleet
    package let count: Int

    package init(_ fleet: ScaledFleet, count: Int) { (self.fleet, self.count) = (fleet, count) }

    package func plan(_ observation: Observation) -> [Decision] { fleet.decisions(for: count, observation) }

    /// As many as the highest load needs.
    package static func peak(_ demand: [Double], _ costs: LayerCosts) -> Int {
        costs.layers(demand.max() ?? 0)
    }

    /// As many as cost the least with hindsight, where Lambda serves the rest.
    ///
    /// Those are the layers that Lambda would serve for more than an instance, as a layer's share of the demand falls with its number.
    package static func best(_ demand: [Double], _ costs: LayerCosts) -> Int {
        let layers = peak(demand, costs)
        let ticks = Double(demand.count + costs.launchTicks)
        return (0..<layers).first { layer in
            costs.saving * demand.reduce(0) { $0 + costs.share($1, layer: layer + 1) } < costs.price * ticks
        } ?? layers
    }
}
