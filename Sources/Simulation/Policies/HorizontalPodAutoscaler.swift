package import Planning

/// Kubernetes' HorizontalPodAutoscaler on CPU utilisation, one pod a node.
///
/// Every 15 s the count is multiplied by utilisation over target, unless that is within 10 % of one; pods that are not ready count as
/// idle when that scales up, so that a surge is not answered twice (pkg/controller/podautoscaler/replica_calculator.go,
/// `GetResourceReplicas`). Up: at most the double or four more in 15 s; down: to the highest recommendation of 300 s (horizontal.go,
/// and the default behaviour in "Horizontal Pod Autoscaling" of the Kubernetes documentation).
package struct HorizontalPodAutoscaler: ScalingPolicy, Equatable {
    package let period = Duration.seconds(15)
    package let fleet: ScaledFleet
    /// Of the executors.
    package let utilisationTarget: Double
    private var recommendations = RecentValues(span: .seconds(300))

    private static let tolerance = 0.1

    package init(_ fleet: ScaledFleet, utilisationTarget: Double) {
        precondition(utilisationTarget > 0, "a target above 0, not \(utilisationTarget)")
        (self.fleet, self.utilisationTarget) = (fleet, utilisationTarget)
    }

    package mutating func plan(_ observation: Observation) -> [Decision] {
        if observation.demand.isEmpty, observation.instances.isEmpty { return fleet.begin(observation) }
        let current = fleet.current(observation)
        let recommended = recommendation(observation, current: current)
        recommendations.add(Double(recommended), at: observation.now)
        let stabilised = max(recommended, min(current, Int(recommendations.max)))
        return fleet.decisions(for: min(stabilised, max(2 * current, current + 4)), observation)
    }

    private func recommendation(_ observation: Observation, current: Int) -> Int {
        guard let utilisation = observation.utilisation else { return current }
        let ready = Double(fleet.serving(observation))
        let ratio = utilisation / utilisationTarget
        // With pods that are not ready yet, as if those were idle.
        let rebalanced = ratio > 1 ? ratio * ready / max(ready, Double(current)) : ratio
        guard abs(1 - rebalanced) > Self.tolerance, (rebalanced > 1) == (ratio > 1) else { return current }
        return Int((ratio * ready).rounded(.up))
    }
}
