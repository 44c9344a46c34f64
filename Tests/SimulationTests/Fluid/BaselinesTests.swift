import Batching
import Forecasting
import Planning
import Seeded
import Simulation
import TestKit
import Testing

@Suite struct `Every baseline` {
    /// c5.large and a c7g.large that is a third faster, in the prices that come with the program.
    private static func simulation() throws -> (FluidSimulation, PriceList) {
        let prices = try PriceList.usEast1()
        let workload = Workload(
            name: "lstm",
            slo: .milliseconds(300),
            target: 0.98,
            margin: .milliseconds(10),
            function: Workload.Function(memoryMiB: 1769, latency: .milliseconds(80), initTime: .seconds(1)),
            machines: [
                "c5.large": .init(
                    executors: 2,
                    profile: try LatencyProfile([(1, .milliseconds(80)), (4, .milliseconds(250))])
                ),
                "c7g.large": .init(
                    executors: 2,
                    profile: try LatencyProfile([(1, .milliseconds(60)), (4, .milliseconds(190))])
                ),
                "t4g.medium": .init(executors: 2, profile: try LatencyProfile([(1, .milliseconds(60))])),
            ]
        )
        return (FluidSimulation(workload: workload, catalogue: try Catalogue(prices)), prices)
    }

    /// Two hours of load.
    private static func track(_ generator: inout SeededGenerator) -> (LoadTrack, [Double]) {
        let load = Reference.load(120, &generator)
        return (LoadTrack(load), load)
    }

    @Test func `is there, once`() throws {
        let (simulation, prices) = try Self.simulation()
        let baselines = try #require(Baselines(simulation, prices: prices, demand: [1000, 3000]))
        // c7g.large serves a request for less, and what SageMaker takes for it is not published.
        #expect(baselines.type.name == "c5.large")
        #expect(
            baselines.all.map(\.name) == [
                "MArk as published", "MArk's code as shipped", "persistence, on-demand", "persistence, spot",
                "work function without forecast, on-demand", "work function without forecast, spot",
                "target tracking on EC2", "SageMaker, target tracking", "SageMaker Serverless",
                "Kubernetes HPA",
                "Knative KPA", "Lambda only", "Lambda, scheduled provisioned concurrency",
                "Lambda Managed Instances",
                "Fargate, target tracking", "static peak", "best fixed count and Lambda",
            ]
        )
    }

    @Test func `costs no less than the bound, on any load`() throws {
        let (simulation, prices) = try Self.simulation()
        let failure = try firstFailure(of: 0..<8) { generator in
            let (track, load) = Self.track(&generator)
            let baselines = try #require(Baselines(simulation, prices: prices, demand: load))
            return baselines.all.allSatisfy { contender in
                let result = simulation.run(contender, over: track)
                let bound = MixedBound(load, Self.costs(simulation, contender.platform))
                return result.ledger.total.amount + Self.unserved(result, simulation, contender) >= bound
                    .lower * (1 - 1e-6)
            }
        }
        #expect(failure == nil)
    }

    private static func costs(_ simulation: FluidSimulation, _ platform: Platform) -> [LayerCosts] {
        simulation.catalogue.types.flatMap { type in
            Market.allCases.compactMap {
                simulation.layerCosts(type.name, $0, on: platform, isProvisioned: true)
            }
        }
    }

    /// What Lambda would take for the requests that were not answered in time, or not in their minute.
    private static func unserved(
        _ result: SimulationResult,
        _ simulation: FluidSimulation,
        _ contender: Contender
    ) -> Double {
        guard contender.platform.overflow != .lambda else { return 0 }
        let price = simulation.layerCosts("c7g.large", .onDemand, on: contender.platform)?.lambda ?? 0
        let moved = result.minutes.reduce(0) { $0 + max(0, $1.onInstances - $1.requests) }
        return price * (result.late + result.refused + moved)
    }

    @Test func `that is given hindsight makes use of it`() throws {
        let (simulation, prices) = try Self.simulation()
        let failure = try firstFailure(of: 0..<15) { generator in
            let (track, load) = Self.track(&generator)
            let baselines = try #require(Baselines(simulation, prices: prices, demand: load))
            let lambda = try #require(
                baselines.lambdaOnly.map { simulation.run($0, over: track).ledger.total }
            )
            let fixed = try #require(baselines.reserved.map { simulation.run($0, over: track).ledger.total })
            let peak = try #require(baselines.staticPeak.map { simulation.run($0, over: track).ledger.total })
            return fixed <= lambda && fixed <= peak
        }
        #expect(failure == nil)
    }
}
