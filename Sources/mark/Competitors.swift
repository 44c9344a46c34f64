import LocalCloud
import Planning
import Simulation

/// What other systems would have asked for the same load, by the simulator's policies and prices.
struct Competitors {
    private let simulation: FluidSimulation
    private let baselines: Baselines
    /// Dollars of a request at the front, which Lambda alone needs as well.
    private let gateway: Double

    /// Nil when no type of instance can serve the workload.
    ///
    /// - Parameter demand: requests of each minute, for those whose size needs to know the peak.
    init?(_ workload: Workload, _ catalogue: Catalogue, _ prices: PriceList, demand: [Double]) throws {
        simulation = FluidSimulation(workload: workload, catalogue: catalogue)
        guard let baselines = Baselines(simulation, prices: prices, demand: demand) else { return nil }
        self.baselines = baselines
        gateway = try prices.dollars("apigateway", "http-api-first-300M") / 1e6
    }

    /// In dollars, for consecutive minutes of which the last is over up to a share.
    ///
    /// - Parameter run: what a run on Lambda took in the mean; nil for what the profile says.
    func alternatives(_ counts: [Double], share: Double, run: Duration?) -> Alternatives {
        var counts = counts
        // The simulation knows whole minutes: the one under way goes on as it began.
        if let last = counts.indices.last { counts[last] /= max(share, 0.05) }
        let track = LoadTrack(counts)
        func dollars(_ contender: Contender?, _ simulation: FluidSimulation) -> Double? {
            contender.map { Self.spent(simulation.run($0, over: track), share) }
        }
        return Alternatives(
            lambda: dollars(lambdaOnly, simulation.withRun(run)),
            staticEC2: dollars(baselines.staticPeak, simulation),
            sageMaker: dollars(baselines.sageMaker, simulation)
        )
    }

    private var lambdaOnly: Contender? {
        let fleet = FixedFleet(ScaledFleet(type: baselines.type.name), count: 0)
        return Contender("Lambda only", fleet, on: Platform(launchDelay: .zero, gateway: gateway))
    }

    /// Until the share of the last minute.
    private static func spent(_ result: SimulationResult, _ share: Double) -> Double {
        let spent = result.minutes.suffix(2).map(\.spent.amount)
        guard let last = spent.last else { return 0 }
        let before = spent.count > 1 ? spent[0] : 0
        return before + (last - before) * share
    }

    /// The type that static EC2 and SageMaker run on.
    var type: String { baselines.type.name }
}

extension FluidSimulation {
    /// The same with another mean time of a run on Lambda.
    fileprivate func withRun(_ run: Duration?) -> FluidSimulation {
        guard let run, run > .zero else { return self }
        let function = Workload.Function(
            memoryMiB: workload.function.memoryMiB,
            latency: run,
            initTime: workload.function.initTime
        )
        let workload = Workload(
            name: workload.name,
            slo: workload.slo,
            target: workload.target,
            margin: workload.margin,
            function: function,
            machines: workload.machines
        )
        return FluidSimulation(workload: workload, catalogue: catalogue, architecture: architecture)
    }
}
