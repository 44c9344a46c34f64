import Batching
import Forecasting
import Planning
import Simulation
import TestKit
import Testing

/// Two hours of a recorded load at 40 requests/s, of 100 ms each on one vCPU, as our planner serves it; a cold start takes 3 s.
@Suite struct `Our planner keeps its objective` {
    private static let rate = 40.0
    private static let minutes = 120
    private static let noon = 60

    @Test(arguments: [200, 500]) func `on a calm day`(slo: Int) throws {
        let result = try Self.play(slo)
        #expect(result.attainment >= 0.98 && result.lambdaShare < 0.5)
    }

    @Test(arguments: [200, 500]) func `when EC2 takes back all spot instances at noon`(slo: Int) throws {
        let result = try Self.play(slo, faults: .reclaimAll(at: World.minute * Self.noon))
        #expect(result.interruptions > 0)
        #expect(result.attainment >= 0.98 && Self.attainmentAtNoon(result) >= 0.98)
    }

    @Test(arguments: [200, 500]) func `in a surge of five times the load within a minute`(slo: Int) throws {
        let result = try Self.play(slo, surge: 5)
        #expect(result.minutes[Self.noon].requests > 4 * result.minutes[Self.noon - 1].requests)
        #expect(result.attainment >= 0.98 && Self.attainmentAtNoon(result) >= 0.98)
    }

    /// Of the ten minutes from noon.
    private static func attainmentAtNoon(_ result: SimulationResult) -> Double {
        let minutes = result.minutes[noon..<noon + 10]
        let missed = minutes.reduce(0) { $0 + $1.late + $1.refused }
        return 1 - missed / minutes.reduce(0) { $0 + $1.requests }
    }

    private static func play(_ slo: Int, surge: Double = 1, faults: Faults = .none) throws -> SimulationResult
    {
        let trace = Array(try Reference.trace("twitter_may25")[700..<700 + minutes])
        let scale = 60 * rate * Double(minutes) / trace.reduce(0, +)
        let counts: [Double?] = trace.enumerated().map { minute, count in
            (count * scale * ((noon..<noon + 20).contains(minute) ? surge : 1)).rounded()
        }
        let workload = try workload(slo)
        let fluid = FluidSimulation(workload: workload, catalogue: try World.catalogue())
        let contender = try Contender.planner(fluid, bootTime: .seconds(60))
        var simulation = RequestSimulation(
            workload,
            catalogue: fluid.catalogue,
            platform: contender.platform,
            track: LoadTrack(counts, start: 700),
            policy: contender.policy,
            name: contender.name,
            faults: faults
        )
        return simulation.run()
    }

    private static func workload(_ slo: Int) throws -> Workload {
        let profile = try LatencyProfile((1...8).map { ($0, .milliseconds(100 * $0)) })
        let types = ["c5.large", "c6i.large", "c7i.large", "m5.large"]
        let machine = Workload.Machine(executors: 2, profile: profile)
        return Workload(
            name: "picture",
            slo: .milliseconds(slo),
            target: 0.98,
            margin: .milliseconds(10),
            function: .init(memoryMiB: 1769, latency: .milliseconds(100), initTime: .seconds(3)),
            machines: Dictionary(uniqueKeysWithValues: types.map { ($0, machine) })
        )
    }
}
