import Forecasting
import Planning
import Simulation
import TestKit
import Testing

/// What must hold of any policy, faults or none; a failing seed is run alone with `seed..<seed + 1`.
struct FaultHarness {
    /// Faults strike in the first half hour; then the fleet has an hour to settle.
    private static let faultsEnd = 30
    private static let minutes = 90
    /// Ticks until a fleet must have settled.
    private static let settling = 30

    /// - Parameters:
    ///   - policy: is to keep to `instancesMax`.
    /// - Returns: what does not hold; nil when all does.
    static func failure(of policy: any ScalingPolicy, instancesMax: Int, seed: UInt64) throws -> String? {
        let story = Story(seed: seed, minutes: faultsEnd, faultsEnd: World.minute * faultsEnd)
        let steady = [Double?](repeating: 300, count: minutes - faultsEnd)
        let audit = Audit(policy, instancesMax: instancesMax)
        var simulation = try World.simulation(
            story.load + steady,
            audit,
            platform: story.platform,
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
        let settled = result.decisions.filter { $0.minute > Double(faultsEnd + settling) }
        // Spot instances that are taken back are replaced.
        let churn = settled.count { if case .launch = $0.decision.action { true } else { false } }
        guard churn <= result.interruptions else {
            return "launches \(churn) times after it should have settled"
        }
        let last = result.minutes.suffix(minutes - faultsEnd - settling)
        let missed = last.reduce(0) { $0 + $1.late + $1.refused } / last.reduce(0) { $0 + $1.requests }
        guard story.platform.overflow != .lambda || missed < 0.02 else {
            return "misses \(missed) after faults"
        }
        return nil
    }

    /// Passes on what a policy decides, and holds it against what it was told.
    private struct Audit: ScalingPolicy {
        private var policy: any ScalingPolicy
        private let instancesMax: Int
        private(set) var failure: String?

        init(_ policy: any ScalingPolicy, instancesMax: Int) {
            (self.policy, self.instancesMax) = (policy, instancesMax)
        }

        var period: Duration { policy.period }

        mutating func plan(_ observation: Observation) -> [Decision] {
            let decisions = policy.plan(observation)
            let known = Set(observation.instances.map(\.id))
            var launched = 0
            for decision in decisions {
                switch decision.action {
                case .launch(let launch): launched += launch.count
                case .drain(let id) where !known.contains(id):
                    failure = failure ?? "drains \(id), which is not ours"
                case .drain, .provision, .warm: continue
                }
            }
            let usable = observation.instances.count(where: \.isUsable)
            if launched > 0, usable + launched > instancesMax {
                failure = failure ?? "has \(usable) instances and launches \(launched) more"
            }
            return decisions
        }
    }
}

@Suite struct `Through faults and after them` {
    @Test func `a policy by thresholds loses nothing, keeps its cap and settles`() throws {
        for seed in UInt64(0)..<50 {
            let policy = Story(seed: seed).policy
            let failure = try FaultHarness.failure(of: policy, instancesMax: policy.instancesMax, seed: seed)
            #expect(failure == nil, "seed \(seed)")
        }
    }

    @Test func `a policy that breaks its cap is found out`() throws {
        let failure = try FaultHarness.failure(of: Threshold(instancesMax: 3), instancesMax: 1, seed: 0)
        #expect(failure?.contains("instances and launches") == true)
    }

    @Test func `a policy that touches what is not its own is found out`() throws {
        // Whatever tick is lost.
        let script = Script(
            Dictionary(uniqueKeysWithValues: (0..<90).map { ($0, [.drain(instance: "i-beef")]) })
        )
        let failure = try FaultHarness.failure(of: script, instancesMax: 1, seed: 0)
        #expect(failure == "an instance of others is touched")
    }
}

@Suite struct `A fault` {
    private static let steady = [Double?](repeating: 300, count: 40)

    private static func play(_ kind: Faults.Kind, _ policy: any ScalingPolicy = Threshold()) throws
        -> SimulationResult
    {
        try World.play(steady, policy, slowness: Story.slowness, faults: Faults([kind], perHour: 20))
    }

    @Test func `of spot capacity interrupts instances, which are replaced`() throws {
        let result = try Self.play(.spotStorm)
        #expect(result.interruptions > 2 && result.launches > result.interruptions)
    }

    /// An instance more each minute.
    private static let growing = Script(
        Dictionary(uniqueKeysWithValues: (1..<40).map { ($0, [World.launch(1)]) })
    )

    @Test func `of stock is an error`() throws {
        #expect(try Self.play(.capacityErrors, Self.growing).capacityErrors > 0)
        #expect(try World.play(Self.steady, Self.growing, slowness: Story.slowness).capacityErrors == 0)
    }

    @Test func `of boots leaves fewer instances to serve`() throws {
        let slow = try Self.play(.slowBoots, Self.growing).minutes.map { $0.capacity.reduce(0, +) }
        let fast = try World.play(Self.steady, Self.growing, slowness: Story.slowness).minutes.map {
            $0.capacity.reduce(0, +)
        }
        #expect(slow.reduce(0, +) < 0.9 * fast.reduce(0, +))
    }

    @Test(arguments: [Faults.Kind.lostTicks, .deadController])
    func `of ticks keeps decisions away`(kind: Faults.Kind) throws {
        #expect(try Self.ticks(kind) < 40)
    }

    @Test func `of delivery makes two ticks of one`() throws { #expect(try Self.ticks(.doubledTicks) > 40) }

    private static func ticks(_ kind: Faults.Kind) throws -> Int {
        try observations(kind).count
    }

    private static func observations(_ kind: Faults.Kind) throws -> [Observation] {
        var simulation = try World.simulation(
            [Double?](repeating: 60, count: 40),
            faults: Faults([kind], perHour: 20)
        )
        _ = simulation.run()
        return try #require(simulation.policy as? Script).seen
    }

    @Test func `of metrics keeps newer minutes from the policy`() throws {
        let counts = try Self.observations(.staleMetrics).map(\.demand.count)
        #expect(counts != Array(1...40) && counts == counts.sorted() && counts.count == 40)
    }

    @Test func `of the clock shows in what the policy is told`() throws {
        let times = try Self.observations(.clockSteps).map(\.now)
        #expect(zip(times, times.dropFirst()).contains { $1 - $0 != World.minute })
    }

    @Test func `of prices is seen and paid`() throws {
        let policy = Script([1: [World.launch(9, "c7g.large", .spot)]])
        let jumpy = try Self.play(.priceJumps, policy)
        #expect(
            try jumpy.ledger[.spot] != World.play(Self.steady, policy, slowness: Story.slowness).ledger[.spot]
        )
    }

    @Test func `of an instance gives its requests to Lambda`() throws {
        let result = try Self.play(.crashes, Script([1: [World.launch(4)]]))
        let before = try World.play(Self.steady, Script([1: [World.launch(4)]]), slowness: Story.slowness)
        #expect(result.onLambda > before.onLambda && result.refused == 0)
        #expect(result.minutes[39].instances.reduce(0, +) < 4)
    }

    @Test func `of demand is five times as much within a minute`() throws {
        let result = try Self.play(.surges)
        #expect(Set(result.minutes.map(\.requests)) == [300, 1500])
    }

    @Test func `of every kind is off in some seeds and on in others`() {
        for kind in Faults.Kind.allCases {
            let on = (0..<50).count { Faults(seed: $0).rate(kind) > 0 }
            #expect((10...40).contains(on))
        }
    }
}
