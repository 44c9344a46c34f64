package import Planning

/// Provisioned concurrency by the clock: so many environments in each hour of the day (Application Auto Scaling User Guide, "Scheduled
/// scaling"), set five minutes before, with Lambda on demand for the rest.
package struct ScheduledConcurrency: ScalingPolicy, Equatable {
    package let period = Duration.seconds(60)
    /// By hour of the day, beginning with that of time 0.
    package let environments: [Int]

    private static let lead = Duration.seconds(300)

    package init(environments: [Int]) {
        precondition(environments.count == 24, "24 hours, not \(environments.count)")
        self.environments = environments
    }

    package func plan(_ observation: Observation) -> [Decision] {
        let hour = Int((observation.now + Self.lead).components.seconds / 3600) % 24
        let (wanted, current) = (environments[hour], observation.provisionedConcurrency)
        guard wanted != current else { return [] }
        return [
            Decision(.provision(environments: wanted), because: .target(desired: wanted, current: current))
        ]
    }

    /// The schedule that costs the least with hindsight: more than an operator can know.
    ///
    /// An environment is a layer of demand as an instance is, which saves the difference between a request's two prices.
    package static func best(
        _ demand: [Double],
        function: Workload.Function,
        prices: LambdaPrices
    ) -> ScheduledConcurrency {
        let seconds = function.latency / .seconds(1)
        let gb = Double(function.memoryMiB) / 1024
        let costs = LayerCosts(
            capacity: 60 / seconds,
            price: gb * prices.provisionedPerGBSecond * 60,
            lambda: gb * seconds * (prices.perGBSecond - prices.provisionedRunPerGBSecond),
            launchTicks: 0
        )
        return ScheduledConcurrency(
            environments: (0..<24).map { hour in
                FixedFleet.best(demand.indices.filter { $0 / 60 % 24 == hour }.map { demand[$0] }, costs)
            }
        )
    }
}
