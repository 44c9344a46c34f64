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

    @OptionGroup(title: "Workload")
    var workload: WorkloadOptions

    @OptionGroup(title: "Prices")
    var prices: PriceOptions

    @OptionGroup(title: "Sweep")
    var sweep: SweepOptions

    @Option(help: ArgumentHelp("Write a page with charts.", valueName: "file"))
    var report: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let list = try prices.list()
        let catalogue = try Catalogue.read(list)
        if sweep.sweep { return try runSweep(catalogue) }
    }

    private func runSweep(_ catalogue: Catalogue) throws {
        let known = try workload.known(catalogue)
        let rates = try SweepOptions.numbers(sweep.rates, "--rates")
        let latencies = try SweepOptions.numbers(sweep.latencies, "--latencies")
        let markets = [("All markets", Market.allCases), ("Without spot", [.onDemand])]
        do {
            let parts = try markets.map { title, markets in
                BreakEvenReport.Part(
                    title: title,
                    map: try BreakEvenMap(
                        known.model,
                        slo: known.slo,
                        target: known.target,
                        margin: known.margin,
                        catalogue: catalogue,
                        architecture: workload.architecture,
                        measured: known.machines,
                        markets: markets,
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
