import Batching
import Forecasting
import Planning
import Simulation

/// A small world: a language model, the machines that can run it, and a policy that is told what to do.
enum World {
    static let minute = Duration.seconds(60)

    static func catalogue() throws -> Catalogue { try Catalogue(PriceList.usEast1()) }

    /// A batch of n takes 4.6 + 5 n ms on each of two executors, and a request 30 ms on Lambda, 430 cold; the objective is 100 ms.
    ///
    /// A model that is a hundred times slower tells the same stories with a hundredth of the requests.
    static func workload(slowness: Int = 1) throws -> Workload {
        let profile = try LatencyProfile((1...16).map { ($0, .microseconds(4600 + 5000 * $0) * slowness) })
        let machine = Workload.Machine(executors: 2, profile: profile)
        return Workload(
            name: "language model",
            slo: .milliseconds(100) * slowness,
            target: 0.98,
            margin: .milliseconds(2) * slowness,
            function: .init(
                memoryMiB: 1769,
                latency: .milliseconds(30) * slowness,
                initTime: .milliseconds(400)
            ),
            machines: ["c7g.large": machine, "c7i.large": machine, "t4g.small": machine]
        )
    }

    static func simulation(
        _ load: [Double?],
        _ policy: any ScalingPolicy = Script(),
        platform: Platform = Platform(launchDelay: .seconds(60)),
        slowness: Int = 1,
        seed: UInt64 = 1,
        faults: Faults = .none
    ) throws -> RequestSimulation {
        try RequestSimulation(
            workload(slowness: slowness),
            catalogue: catalogue(),
            platform: platform,
            track: LoadTrack(load),
            policy: policy,
            name: "test",
            seed: seed,
            faults: faults
        )
    }

    /// Runs a simulation to its end.
    static func play(
        _ load: [Double?],
        _ policy: any ScalingPolicy = Script(),
        platform: Platform = Platform(launchDelay: .seconds(60)),
        slowness: Int = 1,
        seed: UInt64 = 1,
        faults: Faults = .none
    ) throws -> SimulationResult {
        var simulation = try simulation(
            load,
            policy,
            platform: platform,
            slowness: slowness,
            seed: seed,
            faults: faults
        )
        return simulation.run()
    }

    static func launch(_ count: Int, _ type: String = "c7g.large", _ market: Market = .onDemand) -> Action {
        .launch(.init(market: market, pools: [Pool(type: type, zone: "us-east-1a")], count: count))
    }
}

/// Does at a minute what it was told to, and keeps what it has seen.
struct Script: ScalingPolicy {
    var actions: [Int: [Action]] = [:]
    /// At this minute drains all that serve.
    var drainsAt: Int?
    let period = World.minute
    private(set) var seen: [Observation] = []

    init(_ actions: [Int: [Action]] = [:], drainsAt: Int? = nil) {
        (self.actions, self.drainsAt) = (actions, drainsAt)
    }

    mutating func plan(_ observation: Observation) -> [Decision] {
        seen.append(observation)
        let minute = Int(observation.now / World.minute)
        var actions = actions[minute] ?? []
        if minute == drainsAt {
            actions += observation.instances.filter(\.isServing).map { .drain(instance: $0.id) }
        }
        return actions.map { Decision($0, because: .limits) }
    }
}

/// Keeps as many instances as the last minute's load needs, 1.5 requests a second each, and releases one a minute.
struct Threshold: ScalingPolicy {
    let market: Market
    let instancesMax: Int
    let period = World.minute

    init(market: Market = .spot, instancesMax: Int = 20) {
        (self.market, self.instancesMax) = (market, instancesMax)
    }

    func plan(_ observation: Observation) -> [Decision] {
        let usable = observation.instances.filter { instance in
            if case .interruption = instance.warning { return false }
            return instance.isUsable
        }
        let alive = observation.instances.count
        let rate = observation.demand.last.flatMap(\.self) ?? 0
        let desired = min(instancesMax, Int((rate / 60 / 1.5).rounded(.up)))
        let reason = Reason.target(desired: desired, current: usable.count)
        if desired > usable.count, alive < instancesMax {
            let pools = ["a", "b", "c"].flatMap { zone in
                ["c7g.large", "c7i.large"].map { Pool(type: $0, zone: "us-east-1" + zone) }
            }
            let count = min(desired - usable.count, instancesMax - alive)
            return [Decision(.launch(.init(market: market, pools: pools, count: count)), because: reason)]
        }
        guard desired < usable.count, let last = usable.last else { return [] }
        return [Decision(.drain(instance: last.id), because: reason)]
    }
}
