import Forecasting
import Planning
import Seeded
import Simulation
import TestKit
import Testing

@Suite struct `A fluid simulation` {
    private static func run(
        _ policy: some ScalingPolicy,
        _ load: [Double],
        on platform: Platform = Reference.platform,
        _ simulation: FluidSimulation = Reference.simulation
    ) -> SimulationResult {
        simulation.run(policy, over: LoadTrack(load), on: platform, name: "test")
    }

    @Test func `bills an instance from its launch, and Lambda until it serves`() {
        let result = Self.run(FixedFleet(Reference.fleet(), count: 1), [840, 840, 1000, 500])
        #expect(result.minutes.map(\.onLambda) == [840, 840, 160, 0])
        #expect(result.minutes.map(\.onInstances) == [0, 0, 840, 500])
        #expect(abs(result.ledger[.onDemand].amount - 4 * 0.085 / 60) < 1e-8)
        #expect(abs(result.ledger[.lambdaRequests].amount - 1840 * 0.2e-6) < 1e-8)
        #expect(abs(result.ledger[.lambdaDuration].amount - 1840 * 0.1 * 1769 / 1024 * 0.0000166667) < 1e-8)
        #expect(result.good == 3180 && result.attainment == 1)
    }

    @Test func `decides on what was known, for what comes after`() {
        // The second minute's surge is seen at its end: launched then, serving two minutes later.
        let policy = ProportionalScaling(Reference.fleet(), capacity: 840)
        let result = Self.run(policy, [0, 800, 800, 800, 800, 0, 0])
        #expect(result.minutes.map(\.onInstances) == [0, 0, 0, 0, 800, 0, 0])
        #expect(result.minutes.map { $0.instances.reduce(0, +) } == [0, 0, 1, 1, 1, 1, 0])
    }

    @Test func `has a bill that is the sum of its lines, minute by minute`() {
        let failure = firstFailure(of: 0..<20) { generator in
            let load = Reference.load(200, &generator)
            let policy = LayeredWorkFunction(Reference.fleet(.spot), Reference.costs(.spot))
            let simulation = Reference.simulation(interruptionSeed: 7)
            let result = Self.run(policy, load, on: Reference.platform, simulation)
            let lines = Ledger.Line.allCases.reduce(Dollars.zero) { $0 + result.ledger[$1] }
            let spent = result.minutes.map(\.spent)
            return lines == result.ledger.total && spent.last == lines && spent == spent.sorted()
        }
        #expect(failure == nil)
    }

    @Test func `loses no request, whatever the platform`() {
        let failure = firstFailure(of: 0..<20) { generator in
            let load = Reference.load(100, &generator)
            let platform = Platform(overflow: .queue(max: 50), launchDelay: .seconds(90))
            let policy = ProportionalScaling(Reference.fleet(), capacity: 840, target: 0.5 + generator.unit())
            let result = Self.run(policy, load, on: generator.below(2) == 0 ? platform : Reference.platform)
            let served = result.minutes.reduce(0) { $0 + $1.onLambda + $1.onInstances }
            let waiting = result.requests - served - result.refused
            return abs(result.good + result.late + result.refused - result.requests) < 1e-6
                && (-1e-6...50 * 20).contains(waiting)
        }
        #expect(failure == nil)
    }

    @Test func `without Lambda answers late what waits long, and refuses what finds no room`() {
        let platform = Platform(overflow: .queue(max: 100), launchDelay: .seconds(60))
        let fleet = ScaledFleet(type: "reference", start: 1)
        let policy = ProportionalScaling(fleet, capacity: 840, lowerAfter: nil)
        let result = Self.run(policy, [840, 1680, 1680, 840], on: platform)
        // 14/s: whoever finds more than 14 * 0.38 = 5.32 waiting is late; the queue is full after 100 / 840 of the second minute.
        let full = 100.0 / 840
        let late: Double = (100 - 5.32) / 840 * 1680 + (1 - full) * 840
        #expect(abs(result.minutes[1].late - late) < 1e-6)
        #expect(abs(result.minutes[1].refused - (840 - 100)) < 1e-6)
        #expect(result.minutes[0].late == 0)
    }

    @Test func `is the same for the same seed, and another for another`() {
        var generator = SeededGenerator(seed: 3)
        let load = Reference.load(1000, &generator)
        let policy = LayeredWorkFunction(Reference.fleet(.spot), Reference.costs(.spot))
        func run(_ seed: UInt64) -> SimulationResult {
            Self.run(policy, load, on: Reference.platform, Reference.simulation(interruptionSeed: seed))
        }
        #expect(run(1) == run(1))
        #expect(run(1).interruptions > 0 && run(1) != run(2))
    }

    @Test func `takes spot instances back as often as it should`() {
        // 10 instances for 200 hours at 0.5 an hour: 1,000 expected, deviation 32.
        let load = [Double](repeating: 0, count: 12_000)
        let policy = FixedFleet(Reference.fleet(.spot), count: 10)
        let result = Self.run(policy, load, on: Reference.platform, Reference.simulation(interruptionSeed: 1))
        #expect((850...1150).contains(result.interruptions), "\(result.interruptions)")
        #expect(result.launches == result.interruptions + 10 || result.launches == result.interruptions + 11)
    }

    @Test func `lets a burstable instance borrow a day's credits, and bills the rest`() {
        let burst = InstanceType.Burst(baseline: 0.2, creditsPerHour: 24, surplus: DollarsPerHour(0.04))
        let type = InstanceType(
            name: "burstable",
            vCPUs: 2,
            memoryMiB: 4096,
            onDemand: DollarsPerHour(0.03),
            burst: burst
        )
        let load = [Double](repeating: 840, count: 24 * 60)
        let policy = FixedFleet(ScaledFleet(type: "burstable"), count: 1)
        let result = Self.run(policy, load, on: Reference.platform, Reference.simulation([type]))
        // 85 % of two vCPUs from the third minute on, less what 24 hours earn.
        let used = 0.85 * 2 * Double(24 * 60 - 2)
        #expect(abs(result.ledger[.surplusCredits].amount - (used - 24 * 24) / 60 * 0.04) < 1e-6)
        #expect(abs(result.ledger[.burstable].amount - 24 * 0.03) < 1e-6)
    }

    @Test func `bills provisioned concurrency for five minutes, and its requests at their own price`() {
        var environments = [Int](repeating: 0, count: 24)
        environments[0] = 2
        let policy = ScheduledConcurrency(environments: environments)
        let result = Self.run(policy, [Double](repeating: 600, count: 65))
        // Two environments for 55 minutes, as the next hour's none begin five minutes before it; they answer after two.
        let price = 1769.0 / 1024
        let running = 53 * 600 * 0.1 * price * 0.0000097222
        let allocated = 2 * 55 * 60 * price * 0.0000041667
        #expect(abs(result.ledger[.provisionedConcurrency].amount - running - allocated) < 1e-6)
        #expect(result.onLambda == 65 * 600)
    }
}
