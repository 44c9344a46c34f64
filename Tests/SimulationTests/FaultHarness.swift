import Forecasting
import Planning
import Simulation
import TestKit

/// What must hold of any policy, faults or none; a failing seed is run alone with `MARK_SEED`.
struct FaultHarness {
    /// Faults strike in the first half hour; then the fleet has an hour to settle.
    static let faultsEnd = 30
    private static let minutes = 90
    /// Ticks until a fleet must have settled.
    private static let settling = 30

    /// What a policy has promised.
    struct Caps {
        let instances: Int
        var budget: DollarsPerHour?
        /// Whether the load after the faults can be served within them.
        var suffice = true
    }

    /// - Parameter platform: nil: as the story has it.
    /// - Returns: what does not hold; nil when all does.
    static func failure(
        of policy: any ScalingPolicy,
        _ caps: Caps,
        on platform: Platform? = nil,
        seed: UInt64
    ) throws -> String? {
        let story = Story(seed: seed, minutes: faultsEnd, faultsEnd: World.minute * faultsEnd)
        let steady = [Double?](repeating: 300, count: minutes - faultsEnd)
        let platform = platform ?? story.platform
        var simulation = try World.simulation(
            story.load + steady,
            Audit(policy, caps, try World.catalogue()),
            platform: platform,
            slowness: Story.slowness,
            seed: seed,
            faults: story.faults
        )
        let result = simulation.run()
        guard result.good + result.late + result.refused == result.requests else {
            return "requests are lost"
        }
        guard result.strays == 0 else { return "an instance of others is touched" }
        if let failure = (simulation.policy as? Audit)?.failure { return failure }
        return unsettled(result, caps, platform)
    }

    /// Churn: launches and drains of ticks in which the load is constant and nothing is taken away.
    private static func unsettled(_ result: SimulationResult, _ caps: Caps, _ platform: Platform) -> String? {
        let settled = result.decisions.filter { $0.minute > Double(faultsEnd + settling) }
        var (launches, drains) = (0, 0)
        for decision in settled {
            switch decision.decision.action {
            case .launch(let launch): launches += launch.count
            case .drain: drains += 1
            case .provision, .warm: continue
            }
        }
        // Spot instances that are taken back are replaced.
        guard launches + drains <= 1 + 2 * result.interruptions else {
            return "launches \(launches) and drains \(drains) instances after it should have settled"
        }
        let last = result.minutes.suffix(minutes - faultsEnd - settling)
        let missed = last.reduce(0) { $0 + $1.late + $1.refused } / last.reduce(0) { $0 + $1.requests }
        guard platform.overflow != .lambda || !caps.suffice || missed < 0.02 else {
            return "misses \(missed) after faults"
        }
        return nil
    }
}

/// Passes on what a policy decides, and holds it against what it was told.
struct Audit: ScalingPolicy {
    private var policy: any ScalingPolicy
    private let caps: FaultHarness.Caps
    private let catalogue: Catalogue
    private(set) var failure: String?

    init(_ policy: any ScalingPolicy, _ caps: FaultHarness.Caps, _ catalogue: Catalogue) {
        (self.policy, self.caps, self.catalogue) = (policy, caps, catalogue)
    }

    var period: Duration { policy.period }

    mutating func plan(_ observation: Observation) -> [Decision] {
        let decisions = policy.plan(observation)
        failure = failure ?? breach(decisions, observation)
        return decisions
    }

    private func breach(_ decisions: [Decision], _ observation: Observation) -> String? {
        var usable: [String: Instance] = [:]
        for instance in observation.instances where instance.isUsable { usable[instance.id] = instance }
        let count = usable.count
        var (launched, price) = (0, DollarsPerHour(0))
        for decision in decisions {
            switch decision.action {
            case .launch(let launch):
                launched += launch.count
                // EC2 takes any of the pools.
                let prices = launch.pools.map { self.price($0, launch.market, observation) }
                price = price + (prices.max() ?? .zero) * Double(launch.count)
            case .drain(let id):
                guard usable.removeValue(forKey: id) != nil else {
                    return "drains \(id), which is not ours to drain"
                }
            case .provision, .warm: continue
            }
        }
        if launched > 0, count + launched > caps.instances {
            return "has \(count) instances and launches \(launched) more"
        }
        // Those that EC2 takes back are not the policy's to end.
        for instance in usable.values where instance.warning == nil {
            price = price + self.price(instance.pool, instance.market, observation)
        }
        guard let budget = caps.budget, price.amount > budget.amount + 1e-6 else { return nil }
        return "spends \(price.amount) dollars an hour of \(budget.amount)"
    }

    private func price(_ pool: Pool, _ market: Market, _ observation: Observation) -> DollarsPerHour {
        let listed = catalogue[pool.type]?.price(market) ?? .zero
        return market == .spot ? observation.spotPrices[pool] ?? listed : listed
    }
}
