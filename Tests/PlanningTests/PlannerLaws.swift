import Batching
import Forecasting
import Planning
import Seeded
import TestKit
import Testing
import Wire

/// What holds of any plan; a failing seed is run alone with `seed..<seed + 1`.
@Suite struct `Whatever it sees, a planner` {
    private static let seeds = UInt64(0)..<300

    @Test func `does nothing more once its plan has been carried out`() throws {
        let failure = try firstFailure(of: Self.seeds) { generator in
            var scene = try Scene(&generator)
            let decisions = scene.plan()
            scene.carryOut(decisions)
            return scene.plan().isEmpty
        }
        #expect(failure == nil)
    }

    @Test func `does nothing more whichever of the pools that it asks EC2 takes`() throws {
        let failure = try firstFailure(of: Self.seeds) { generator in
            var scene = try Scene(&generator)
            scene.scatterPrices(&generator)
            let decisions = scene.plan()
            scene.carryOut(decisions) { $0[generator.below($0.count)] }
            return scene.plan().isEmpty
        }
        #expect(failure == nil)
    }

    @Test func `comes to rest under a load that stays as it is`() throws {
        let failure = try firstFailure(of: 0..<100) { generator in
            var scene = try Scene(&generator)
            scene.scatterPrices(&generator)
            var restsSince = 0
            for minute in 1...90 {
                let before = scene.observation.instances
                scene.carryOut(scene.plan()) { $0[generator.below($0.count)] }
                if scene.observation.instances != before { restsSince = minute }
                scene.pass(minutes: 1)
            }
            return restsSince <= 45
        }
        #expect(failure == nil)
    }

    @Test func `never serves less with more budget`() throws {
        let failure = try firstFailure(of: Self.seeds) { generator in
            let scene = try Scene(&generator, fleet: 0)
            var settings = scene.settings
            settings.budget = DollarsPerHour(0.5 * generator.unit())
            let less = try scene.capacity(after: settings)
            settings.budget = settings.budget.map { $0 + DollarsPerHour(generator.unit()) }
            return try scene.capacity(after: settings) >= less - 1e-6
        }
        #expect(failure == nil)
    }

    @Test func `never launches less for more demand`() throws {
        let failure = try firstFailure(of: Self.seeds) { generator in
            var scene = try Scene(&generator)
            let less = try scene.capacity(after: scene.settings)
            scene.scaleDemand(by: 1 + 3 * generator.unit())
            return try scene.capacity(after: scene.settings) >= less - 1e-6
        }
        #expect(failure == nil)
    }

    @Test func `asks no pool that has just failed while another is open`() throws {
        let failure = try firstFailure(of: Self.seeds) { generator in
            var scene = try Scene(&generator, fleet: 0)
            let asked = scene.launches(scene.plan())
            guard let first = asked.first else { return true }
            let failed = first.pools.filter { _ in generator.below(2) == 0 }
            scene.observation.unavailable = failed
            scene.pass(minutes: 1)
            // What is not known to be on another market has failed there too.
            return scene.launches(scene.plan()).allSatisfy { launch in
                launch.market != first.market || Set(launch.pools).isDisjoint(with: failed)
            }
        }
        #expect(failure == nil)
    }

    @Test func `says why, and for a launch what else it would have done`() throws {
        let failure = try firstFailure(of: Self.seeds) { generator in
            var scene = try Scene(&generator)
            return scene.plan().allSatisfy { decision in
                guard case .launch = decision.action else { return !decision.reason.words.isEmpty }
                return !decision.reason.words.isEmpty && decision.runnerUp != nil
            }
        }
        #expect(failure == nil)
    }

    @Test func `ends at the same fleet when it has lost its memory`() throws {
        let failure = try firstFailure(of: 0..<100) { generator in
            var scene = try Scene(&generator)
            var forgetful = scene
            for _ in 0..<10 {
                scene.tick()
                forgetful.planner = try scene.fresh()
                forgetful.tick()
            }
            return scene.fleet == forgetful.fleet
        }
        #expect(failure == nil)
    }

    @Test func `goes on from its written memory as if nothing had happened`() throws {
        let failure = try firstFailure(of: 0..<100) { generator in
            var scene = try Scene(&generator)
            for _ in 0..<5 {
                scene.observation.outcomes.total = 100 + generator.below(1000)
                scene.observation.outcomes.queued = generator.below(100)
                if generator.below(3) == 0, let launch = scene.launches(scene.plan()).first {
                    scene.observation.unavailable = launch.pools
                }
                scene.tick()
            }
            var restored = scene
            restored.planner = try scene.fresh()
            try restored.planner.remember(JSON(parsing: scene.planner.memory.encoded()))
            guard restored.planner == scene.planner else { return false }
            return restored.plan() == scene.plan()
        }
        #expect(failure == nil)
    }

    @Test func `takes nothing from a memory that cannot be read`() throws {
        var generator = SeededGenerator(seed: 1)
        var scene = try Scene(&generator)
        scene.tick()
        var planner = try scene.fresh()
        #expect(throws: LostMemory.self) { try planner.remember(["trust": scene.planner.memory]) }
        #expect(try planner == scene.fresh())
    }
}

/// A planner and what it sees: a load that has been and is expected, a fleet, prices.
private struct Scene {
    var planner: Planner
    var observation: Observation
    let settings: PlannerSettings
    private let workload: Workload
    private let catalogue: Catalogue
    private var launched = 0

    init(_ generator: inout SeededGenerator, fleet: Int? = nil) throws {
        catalogue = try Catalogue(PriceList.usEast1())
        let profile = try LatencyProfile((1...8).map { ($0, .milliseconds(20 + 60 * $0)) })
        let machine = Workload.Machine(executors: 2, profile: profile)
        let types = ["c7g.large", "c7i.large", "m5.large", "c7g.xlarge", "t4g.small"]
        workload = Workload(
            name: "picture",
            slo: .milliseconds(500),
            target: 0.98,
            margin: .milliseconds(10),
            function: .init(memoryMiB: 1769, latency: .milliseconds(100), initTime: .seconds(1)),
            machines: Dictionary(uniqueKeysWithValues: types.map { ($0, machine) })
        )
        var settings = PlannerSettings()
        settings.markets = [[.onDemand], [.spot], [.spot, .onDemand]][generator.below(3)]
        settings.launchDelay = .seconds(30 + generator.below(150))
        self.settings = settings
        planner = try Planner(workload, catalogue, settings)
        observation = Observation(now: .seconds(60 * 600), demand: [])
        let level = 60 * [1.0, 10, 40, 200][generator.below(4)]
        let noise = generator.unit()
        observation.demand = (0..<120).map { _ in
            generator.below(30) == 0 ? nil : (level * (1 + noise * (generator.unit() - 0.5))).rounded()
        }
        if generator.below(3) > 0 { observation.forecasts = Self.forecasts(level * (0.5 + generator.unit())) }
        let count = fleet ?? generator.below(6)
        for index in 0..<count {
            let market = settings.markets.sorted { $0.rawValue < $1.rawValue }[0]
            launch(types[generator.below(types.count)], market, "us-east-1a", serving: index % 3 < 2)
        }
        for type in types where generator.below(3) == 0 {
            let price = catalogue[type]?.spot?.price ?? .zero
            observation.spotPrices[Pool(type: type, zone: "us-east-1b")] =
                price * (0.8 + 0.6 * generator.unit())
        }
    }

    static func forecasts(_ mean: Double) -> [LoadForecast] {
        [1, 2, 3, 5, 10, 15].map {
            LoadForecast(horizon: $0, mean: mean, max: 1.05 * mean, maxQ90: 1.3 * mean, maxQ99: 1.5 * mean)
        }
    }

    func fresh() throws -> Planner { try Planner(workload, catalogue, settings) }

    mutating func plan() -> [Decision] { planner.plan(observation) }

    func launches(_ decisions: [Decision]) -> [Action.Launch] {
        decisions.compactMap { if case .launch(let launch) = $0.action { launch } else { nil } }
    }

    mutating func scaleDemand(by factor: Double) {
        observation.demand = observation.demand.map { $0.map { $0 * factor } }
        observation.forecasts = observation.forecasts.map { $0 * factor }
    }

    private mutating func launch(_ type: String, _ market: Market, _ zone: String, serving: Bool) {
        let launchedAt = observation.now - (serving ? .seconds(600) : .zero)
        observation.instances.append(
            Instance(
                id: "i-\(launched)",
                type: type,
                market: market,
                zone: zone,
                state: serving
                    ? .serving(since: launchedAt + settings.launchDelay) : .requested(at: launchedAt),
                launchedAt: launchedAt
            )
        )
        launched += 1
    }

    /// Each pool has a spot price of its own.
    mutating func scatterPrices(_ generator: inout SeededGenerator) {
        for type in workload.machines.keys.sorted() {
            for zone in settings.zones {
                let price = catalogue[type]?.spot?.price ?? .zero
                observation.spotPrices[Pool(type: type, zone: zone)] = price * (0.7 + 0.8 * generator.unit())
            }
        }
    }

    /// - Parameter choice: the pool that EC2 takes an instance from.
    mutating func carryOut(_ decisions: [Decision], choice: ([Pool]) -> Pool = { $0[0] }) {
        for decision in decisions {
            switch decision.action {
            case .launch(let launch):
                for _ in 0..<launch.count {
                    let pool = choice(launch.pools)
                    self.launch(pool.type, launch.market, pool.zone, serving: false)
                }
            case .drain(let id):
                for index in observation.instances.indices where observation.instances[index].id == id {
                    observation.instances[index].state = .draining(since: observation.now)
                }
            case .provision(let environments): observation.provisionedConcurrency = environments
            case .warm: continue
            }
        }
    }

    /// Lets time pass under the same load; what boots serves in time, and what drains is gone.
    mutating func pass(minutes: Int) {
        observation.now += .seconds(60 * minutes)
        observation.instances.removeAll { !$0.isUsable }
        for index in observation.instances.indices where !observation.instances[index].isServing {
            let readyAt = observation.instances[index].launchedAt + settings.launchDelay
            if readyAt <= observation.now { observation.instances[index].state = .serving(since: readyAt) }
        }
    }

    mutating func tick() {
        carryOut(plan())
        pass(minutes: 1)
    }

    /// Instances that there are, by pool and market.
    var fleet: [String] { observation.instances.map { "\($0.type) \($0.market)" }.sorted() }

    /// Requests a second that the fleet takes after one plan, without memory.
    func capacity(after settings: PlannerSettings) throws -> Double {
        var scene = self
        scene.planner = try Planner(workload, catalogue, settings)
        scene.carryOut(scene.plan())
        return scene.observation.instances.filter(\.isUsable).reduce(0) { sum, instance in
            let type = scene.catalogue[instance.type]
            let capacity = workload.capacity(instance.type) ?? 0
            return sum
                + (type.map {
                    Offer(type: $0, market: instance.market, capacity: capacity, price: .zero).sustained
                } ?? 0)
        }
    }
}
