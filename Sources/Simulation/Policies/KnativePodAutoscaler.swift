package import Planning

/// Knative's pod autoscaler on concurrency, one pod a node (knative/serving, pkg/autoscaler/scaling/autoscaler.go, `Scale`).
///
/// Every 2 s: as many pods as the mean concurrency of 60 s fills to the target, at most a thousand times and at least half of those that
/// are ready. If the mean of 6 s asks for twice those that are ready it panics: it takes the larger of both and never scales down, until
/// that has not been so for 60 s. It keeps a pod, as a cold node would answer nobody in time.
package struct KnativePodAutoscaler: ScalingPolicy, Equatable {
    package let period = Duration.seconds(2)
    package let fleet: ScaledFleet
    /// Requests under way in a pod; by default 70 % of what it takes at once.
    package let concurrencyTarget: Double
    private var stable = RecentValues(span: .seconds(60))
    private var panic = RecentValues(span: .seconds(6))
    private var mode = Mode.stable

    private enum Mode: Equatable {
        case stable
        case panicking(since: Duration, pods: Int)
    }

    private static let panicThreshold = 2.0
    private static let scaleUpMax = 1000.0
    private static let scaleDownMax = 2.0

    package init(_ fleet: ScaledFleet, concurrencyTarget: Double) {
        precondition(concurrencyTarget > 0, "a target above 0, not \(concurrencyTarget)")
        (self.fleet, self.concurrencyTarget) = (fleet, concurrencyTarget)
    }

    package mutating func plan(_ observation: Observation) -> [Decision] {
        if observation.demand.isEmpty, observation.instances.isEmpty { return fleet.begin(observation) }
        stable.add(observation.concurrency, at: observation.now)
        panic.add(observation.concurrency, at: observation.now)
        let ready = Double(max(1, fleet.serving(observation)))
        let (wanted, wantedNow) = (pods(stable, ready: ready), pods(panic, ready: ready))
        let isOver = (panic.mean / concurrencyTarget).rounded(.up) / ready >= Self.panicThreshold
        enter(isOver, at: observation.now)
        guard case .panicking(let since, let pods) = mode else {
            return fleet.decisions(for: wanted, observation)
        }
        let most = max(wanted, wantedNow, pods)
        mode = .panicking(since: since, pods: most)
        return fleet.decisions(for: most, observation)
    }

    private mutating func enter(_ isOver: Bool, at now: Duration) {
        switch mode {
        case .stable: if isOver { mode = .panicking(since: now, pods: 0) }
        case .panicking(let since, let pods):
            if isOver {
                mode = .panicking(since: now, pods: pods)
            } else if since + stable.span < now {
                mode = .stable
            }
        }
    }

    private func pods(_ window: RecentValues, ready: Double) -> Int {
        let wanted = (window.mean / concurrencyTarget).rounded(.up)
        let low = (ready / Self.scaleDownMax).rounded(.down)
        return Int(min(max(wanted, low), (ready * Self.scaleUpMax).rounded(.up)))
    }
}
