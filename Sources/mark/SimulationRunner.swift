import Forecasting
import Planning
import Simulation

/// Runs policies one after the other over one load, with its forecasts, and compares them with the optimum.
struct SimulationRunner {
    let workload: Workload
    let catalogue: Catalogue
    let architecture: InstanceType.Architecture
    let prices: PriceList
    let options: SimulationOptions

    func study() throws -> SimulationStudy {
        let (counts, start, name) = try options.load()
        let choices = try options.choices()
        var bar = ProgressBar(count: counts.count * (choices.count + 1))
        defer { bar.end() }
        let track = LoadTrack(counts, start: start) { bar.show($0, "forecasting") }
        let baselines = try baselines(track)
        let optimum = Optimum(baselines)
        let runs = try choices.enumerated().compactMap { index, choice -> SimulationStudy.Run? in
            guard let contender = try choice.contender(baselines, hasRouter: options.router) else {
                return nil
            }
            let result = run(contender, baselines.simulation, track) { minutes in
                bar.show(counts.count * (index + 1) + minutes, contender.name)
            }
            return SimulationStudy.Run(result, family: choice.family, regret: optimum?.regret(result))
        }
        guard !runs.isEmpty else {
            throw CommandFailure(
                "none of the policies \(options.policies) can serve \(workload.name); try --policies all"
            )
        }
        return SimulationStudy(
            trace: name,
            start: start,
            track: track,
            workload: workload,
            mode: options.mode.rawValue,
            seed: options.seed,
            runs: runs,
            optimum: optimum.map { Dollars($0.bound.upper) },
            lowerBound: optimum.map { Dollars($0.bound.lower) },
            prices: used(runs.map(\.result), baselines),
            command: CommandText.text
        )
    }

    /// What policies are made from; says which of those that were chosen there are none of.
    private func baselines(_ track: LoadTrack) throws -> Baselines {
        let fluid = FluidSimulation(
            workload: workload,
            catalogue: catalogue,
            architecture: architecture,
            interruptionSeed: options.seed
        )
        let made = Baselines(
            fluid,
            prices: prices,
            demand: track.counts.indices.map { track.requests($0) },
            bootTime: .seconds(options.bootSeconds)
        )
        guard let made else {
            throw CommandFailure(
                "no type of instance serves \(workload.name) within \(workload.slo); raise --slo-ms, or give --instances larger ones"
            )
        }
        let missing = try options.choices().filter {
            try $0.contender(made, hasRouter: options.router) == nil
        }.map(\.rawValue)
        if !missing.isEmpty {
            Terminal.note(
                "Left out, as the price list has no price of \(made.type.name) for them: \(missing.joined(separator: ", ")). "
                    + "Give one with --prices, or choose other --instances."
            )
        }
        return made
    }

    private func run(
        _ contender: Contender,
        _ fluid: FluidSimulation,
        _ track: LoadTrack,
        progress: (Int) -> Void
    ) -> SimulationResult {
        guard options.mode == .request else { return fluid.run(contender, over: track) }
        var simulation = RequestSimulation(
            workload,
            catalogue: catalogue,
            platform: contender.platform,
            track: track,
            policy: contender.policy,
            name: contender.name,
            architecture: architecture,
            seed: options.seed
        )
        return simulation.run(progress: progress)
    }

    // MARK: Prices

    /// Rows of the list that a bill rests on.
    private func used(_ results: [SimulationResult], _ baselines: Baselines) -> [PriceRow] {
        var types: Set<String> = [baselines.type.name]
        for result in results {
            for case .launch(let launch) in result.decisions.map(\.decision.action) {
                types.formUnion(launch.pools.map(\.type))
            }
        }
        let isBurstable = types.contains { catalogue[$0]?.burst != nil }
        return prices.rows.filter { row in
            switch row.service {
            case "lambda", "fargate", "sagemaker-serverless": true
            case "ec2": isBurstable
            case "sagemaker-realtime": row.item == "ml.\(baselines.type.name)"
            default: row.service.hasPrefix("ec2-") && types.contains(row.item)
            }
        }
    }
}

/// What a clairvoyant would have paid, with every type on every market, and with the best one alone.
private struct Optimum {
    let bound: MixedBound
    private let costs: LayerCosts
    private let alone: ClairvoyantBound

    init?(_ baselines: Baselines) {
        let simulation = baselines.simulation
        let platform = Platform(launchDelay: baselines.bootTime)
        let costs = simulation.catalogue.types.flatMap { type in
            Market.allCases.compactMap { simulation.layerCosts(type.name, $0, on: platform) }
        }
        guard !costs.isEmpty else { return nil }
        bound = MixedBound(baselines.demand, costs)
        self.costs = costs[bound.best]
        alone = ClairvoyantBound(baselines.demand, self.costs)
    }

    func regret(_ result: SimulationResult) -> Regret { Regret(of: result, beyond: alone, costs) }
}
