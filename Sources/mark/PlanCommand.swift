import ArgumentParser
import Load
import Planning
import Wire

/// `mark plan`: explains a decision.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what a load would be served with, and why, without touching anything.",
        discussion: """
            Printed are what each type of instance takes within the objective, what that costs a request and from which rate on it is \
            cheaper than Lambda.
            """
    )

    @Option(
        help: ArgumentHelp(
            "Requests per second, or a trace (lines TIMESTAMP,REQUESTS, one a minute) whose last two hours count.",
            valueName: "rate|file"
        )
    )
    var load: String

    @OptionGroup(title: "Workload")
    var workload: WorkloadOptions

    @OptionGroup(title: "Prices")
    var prices: PriceOptions

    @OptionGroup(title: "Instances")
    var instances: InstanceOptions

    @Flag(help: "Show all offers, not only the 12 cheapest.")
    var all = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let known = try Catalogue.read(prices.list())
        let catalogue = try instances.choose(from: known)
        let workload = try workload.workload(known)
        let minutes = try demand()
        let offers = Offer.all(workload, catalogue)
        let recent = minutes.suffix(10).compactMap { $0 }
        let table = OfferTable(
            workload: workload,
            prices: catalogue.lambda(self.workload.architecture),
            offers: offers,
            rate: recent.reduce(0, +) / Double(max(1, recent.count)) / 60
        )
        guard !json else { return Terminal.write(JSON.object(table.json).encoded() + [10]) }
        for line in table.lines(all ? .max : 12) { Terminal.line(line) }
    }

    /// Requests of the last two hours' minutes.
    private func demand() throws -> [Double?] {
        if let rate = Double(load) {
            guard rate.isFinite, rate >= 0 else {
                throw CommandFailure("--load is \(load); expected requests per second, 0 or more")
            }
            return Array(repeating: rate * 60, count: 120)
        }
        guard Terminal.isReadable(load) else {
            throw CommandFailure(
                "--load is '\(load)'; expected requests per second, as 120, or the file of a trace"
            )
        }
        return try Trace.read(load).minutes.suffix(120).map { $0.map { Double($0) } }
    }
}
