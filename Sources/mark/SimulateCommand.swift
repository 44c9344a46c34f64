import ArgumentParser
import Planning
import Simulation
import Wire

/// `mark simulate`: days of traffic in seconds.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract:
            "Replay a recorded load against simulated instances and functions, and compare what policies pay.",
        discussion: """
            The planner, the forecaster and the batcher are those that run in production. With --sweep it draws the map of when Lambda \
            alone, burstable, spot or on-demand instances, or GPUs, are the cheapest.
            """
    )

    @OptionGroup(title: "Simulation")
    var simulation: SimulationOptions

    @OptionGroup(title: "Workload")
    var workload: WorkloadOptions

    @OptionGroup(title: "Prices")
    var prices: PriceOptions

    @OptionGroup(title: "Instances")
    var instances: InstanceOptions

    @OptionGroup(title: "Sweep")
    var sweep: SweepOptions

    @Option(help: ArgumentHelp("Write a page with charts.", valueName: "file"))
    var report: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let list = try prices.list()
        let all = try Catalogue.read(list)
        let catalogue = try instances.choose(from: all)
        if sweep.sweep { return try runSweep(all, catalogue) }
        let study = try SimulationRunner(
            workload: workload.workload(all),
            catalogue: catalogue,
            architecture: workload.architecture,
            prices: list,
            options: simulation
        ).study()
        if let report { try Files.write(SimulationReport(study).html, to: report) }
        guard !json else { return Terminal.write(SimulationJSON.json(study).encoded() + [10]) }
        for line in SimulationTable(study).lines { Terminal.line(line) }
    }

    private func runSweep(_ all: Catalogue, _ catalogue: Catalogue) throws {
        let known = try workload.known(all)
        let rates = try SweepOptions.numbers(sweep.rates, "--rates")
        let latencies = try SweepOptions.numbers(sweep.latencies, "--latencies")
        let markets: [(title: String, markets: [Market])] =
            [("All markets", Market.allCases), ("Without spot", [.onDemand])].suffix(instances.noSpot ? 1 : 2)
        do {
            let parts = try markets.map { title, markets in
                BreakEvenReport.Part(
                    title: title,
                    map: try BreakEvenMap(
                        known.model,
                        slo: known.slo,
                        target: known.target,
                        margin: known.margin,
                        catalogue: all,
                        architecture: workload.architecture,
                        measured: known.machines,
                        isOffered: { offer in
                            markets.contains(offer.market) && catalogue[offer.type.name] != nil
                        },
                        rates: rates,
                        latencies: latencies.map { .milliseconds($0) }
                    )
                )
            }
            let result = BreakEvenReport(
                name: known.model.name,
                slo: known.slo,
                parts: parts,
                command: CommandText.text
            )
            if let report { try Files.write(result.html, to: report) }
            guard !json else { return Terminal.write(BreakEvenJSON.json(parts).encoded() + [10]) }
            for line in result.lines { Terminal.line(line) }
        } catch let error as InvalidSynthetic {
            throw CommandFailure("\(error)")
        }
    }
}
