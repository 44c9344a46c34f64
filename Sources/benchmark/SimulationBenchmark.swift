import Batching
import Planning
import Simulation

/// Requests through the simulator, from arrival to answer: by instances with their bouncers, by Lambda alone, and by both.
struct SimulationBenchmark {
    private static let rounds = 5
    private static let count = 300_000
    private static let type = "c7g.large"

    func run(_ report: inout Report) throws {
        Report.progress("simulation")
        let catalogue = try Catalogue(PriceList.usEast1())
        let workload = try Self.workload()
        for rate in [500, 2000, 10_000] {
            // An instance does 378 requests a second at most; it is to do 280.
            let instances = (rate + 279) / 280
            let loads = [("instances", instances), ("Lambda alone", 0), ("both", instances / 2)]
            for (name, count) in loads {
                let times = (0..<Self.rounds).map { _ in
                    Self.time(workload, catalogue, rate, instances: count)
                }
                report.add("a simulated request, \(rate) a second, \(name)", times)
            }
        }
    }

    /// A language model: a batch of n takes 4.6 + 5 n ms on each of two executors, and a request 30 ms on Lambda.
    private static func workload() throws -> Workload {
        let profile = try LatencyProfile((1...32).map { ($0, .microseconds(4600 + 5000 * $0)) })
        return Workload(
            name: "language model",
            slo: .milliseconds(100),
            target: 0.98,
            margin: .milliseconds(2),
            function: .init(memoryMiB: 1769, latency: .milliseconds(30), initTime: .milliseconds(400)),
            machines: [type: .init(executors: 2, profile: profile)]
        )
    }

    /// Time per request.
    private static func time(_ workload: Workload, _ catalogue: Catalogue, _ rate: Int, instances: Int)
        -> Duration
    {
        let minutes = max(1, count / (60 * rate))
        let load = LoadTrack(Array(repeating: Double(60 * rate), count: minutes))
        var simulation = RequestSimulation(
            workload,
            catalogue: catalogue,
            platform: Platform(launchDelay: .milliseconds(1)),
            track: load,
            policy: Fixed(instances: instances),
            name: "fixed"
        )
        let time = ContinuousClock().measure {
            let result = simulation.run()
            precondition(result.good > 0.9 * result.requests, "hardly anything was served in time")
            let share = instances * 280 >= rate ? 0.1 : 0.9
            precondition(instances == 0 || result.lambdaShare < share, "instances serve hardly anything")
        }
        return time / (minutes * 60 * rate)
    }

    /// As many instances from the start to the end.
    private struct Fixed: ScalingPolicy {
        let instances: Int
        let period = Duration.seconds(5)

        func plan(_ observation: Observation) -> [Decision] {
            let missing = instances - observation.instances.count
            guard missing > 0 else { return [] }
            let pool = Pool(type: SimulationBenchmark.type, zone: "us-east-1a")
            return [
                Decision(
                    .launch(.init(market: .onDemand, pools: [pool], count: missing)),
                    because: .target(desired: instances, current: observation.instances.count)
                )
            ]
        }
    }
}
