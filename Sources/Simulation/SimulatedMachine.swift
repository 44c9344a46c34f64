import Batching
import Histograms
import Planning

/// A type of machine that serves the workload on a platform.
struct SimulatedMachine {
    let type: InstanceType
    let policy: BatchingPolicy
    /// From a request's arrival to its deadline.
    let allowed: Duration
    let kind: CapacityKind
    let onDemand: DollarsPerHour
    /// Nanoseconds of a run of 1, 2, … rows.
    let times: [Int64]
    /// Nanoseconds for which one more request keeps the machine busy.
    let perRequest: Double

    /// Requests that wait where nothing overflows to Lambda are patient, but not for ever.
    private static let patience = Duration.seconds(3600)

    /// Nil when the machine cannot run the model, or not within the objective where that is what it admits by.
    init?(_ type: InstanceType, _ market: Market, _ workload: Workload, _ platform: Platform) {
        guard let machine = workload.machines[type.name] else { return nil }
        let objective = workload.policy(type.name)
        let sizeMax = platform.isBatching ? objective?.sizeCap ?? 1 : 1
        let (slo, margin, queueMax) =
            switch platform.overflow {
            case .lambda: (workload.slo, workload.margin, 16_384)
            case .queue(let max): (Self.patience, .zero, Swift.max(1, max))
            }
        let policy = try? BatchingPolicy(
            profile: machine.profile,
            slo: slo,
            margin: margin,
            executors: machine.executors,
            sizeMax: sizeMax,
            target: workload.target,
            queueMax: queueMax
        )
        guard let policy else { return nil }
        (self.type, self.policy, allowed) = (type, policy, policy.slo - policy.margin)
        kind = platform.isManaged ? .managed : type.kind(market)
        onDemand = platform.prices[type.name] ?? type.onDemand
        times = (1...policy.sizeCap).map { machine.profile[$0].nanoseconds }
        let batch = Double(times[policy.sizeCap - 1])
        perRequest = batch / Double(policy.sizeCap * policy.executors)
    }

    /// Requests a second.
    var capacity: Double { 1e9 / perRequest }
    /// vCPUs that a run keeps busy.
    var vCPUsPerRun: Double { Double(type.vCPUs) / Double(policy.executors) }
}
