import ArgumentParser
import Control
import Load
import Planning
import Reports
import Simulation
import Wire

/// `mark plan`: explains a decision.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what a load would be served with, and why, without touching anything.",
        discussion: """
            Printed are what each type of instance takes within the objective, what that costs a request and from which rate on it is \
            cheaper than Lambda; then what the planner would do now, why, and what it would do otherwise. With --live and --function \
            it says what the next tick of a deployed stack would do, from what AWS and the stack's table say now; workload and limits are \
            then the stack's.
            """
    )

    @Option(
        help: ArgumentHelp(
            "Requests per second for the last two hours, or a trace (lines TIMESTAMP,REQUESTS, one a minute) that ends now.",
            valueName: "rate|file"
        )
    )
    var load: String?

    @Flag(help: "Plan for a deployed stack, with the caller's AWS credentials.")
    var live = false

    @OptionGroup(title: "Stack")
    var stack: StackOptions

    @OptionGroup(title: "Workload")
    var workload: WorkloadOptions

    @OptionGroup(title: "Prices")
    var prices: PriceOptions

    @OptionGroup(title: "Instances")
    var allowed: InstanceOptions

    @Option(
        help: ArgumentHelp(
            "Instances that serve already, with commas, as 2:c7g.large:spot,1:t4g.small:on-demand.",
            valueName: "list"
        )
    )
    var running: String?

    @Flag(help: "Show all offers, not only the 12 cheapest.")
    var all = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard live == (load == nil) else {
            throw ValidationError(
                live ? "--live takes no --load" : "give --load RATE, or --live for a deployed stack"
            )
        }
    }

    func run() async throws {
        let known = try Catalogue.read(prices.list())
        if live { return try await runLive(known) }
        let catalogue = try allowed.choose(from: known)
        let workload = try workload.workload(known)
        let observation = try observation()
        let recent = observation.demand.suffix(10).compactMap { $0 }
        let table = OfferTable(
            workload: workload,
            prices: catalogue.lambda(self.workload.architecture),
            offers: Offer.all(workload, catalogue),
            rate: recent.reduce(0, +) / Double(max(1, recent.count)) / 60
        )
        let decisions = try plan(workload, catalogue, observation)
        guard !json else {
            let all = table.json + [.init("decisions", .array(decisions.map(\.json)))]
            return Terminal.write(JSON.object(all).encoded() + [10])
        }
        for line in table.lines(all ? .max : 12) + [""] + Self.words(decisions) { Terminal.line(line) }
    }

    private func runLive(_ catalogue: Catalogue) async throws {
        let report = try await LivePlan(stack: stack, model: workload.model, catalogue: catalogue).report()
        if json { return Terminal.write(report.json.encoded() + [10]) }
        guard let plan = report.plan else {
            throw CommandFailure(report.json["because"]?.stringValue ?? "no plan")
        }
        for problem in plan.problems { Terminal.line("PROBLEM  \(problem)") }
        for line in Self.words(plan.decisions) { Terminal.line(line) }
        guard !plan.steps.isEmpty else { return }
        Terminal.line("Steps:")
        for step in plan.steps { Terminal.line("  \(step.words)") }
    }

    private func plan(
        _ workload: Workload,
        _ catalogue: Catalogue,
        _ observation: Observation
    ) throws -> [Decision] {
        var settings = PlannerSettings()
        settings.functionArchitecture = self.workload.architecture
        do {
            var planner = try Planner(workload, catalogue, settings)
            return planner.plan(observation)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    // MARK: What is observed

    private func observation() throws -> Observation {
        let track = try track()
        let last = track.counts.count - 1
        let now = Duration.seconds(60 * (last + 1))
        return Observation(
            now: now,
            demand: track.demand(through: last),
            forecasts: track.forecasts[last],
            instances: try instances(now: now)
        )
    }

    /// The load until now, with the forecasts of a recorded one.
    private func track() throws -> LoadTrack {
        let load = load ?? "0"
        if let rate = Double(load) {
            guard rate.isFinite, rate >= 0 else {
                throw CommandFailure("--load is \(load); expected requests per second, 0 or more")
            }
            return LoadTrack(Array(repeating: rate * 60, count: LoadTrack.minutesMax))
        }
        guard Terminal.isReadable(load) else {
            throw CommandFailure(
                "--load is '\(load)'; expected requests per second, as 120, or the file of a trace"
            )
        }
        let trace = try Trace.read(load)
        let counts = trace.minutes.map { $0.map { Double($0) } }
        var bar = ProgressBar(count: counts.count)
        defer { bar.end() }
        return LoadTrack(counts, start: trace.start) { bar.show($0, "forecasting") }
    }

    private func instances(now: Duration) throws -> [Instance] {
        let groups = running?.split(separator: ",").map { $0.split(separator: ":").map(String.init) } ?? []
        return try groups.flatMap { group in
            guard group.count == 3, let count = Int(group[0]), (1...1000).contains(count),
                let market = Market(rawValue: group[2])
            else {
                throw CommandFailure(
                    "--running has '\(group.joined(separator: ":"))'; expected COUNT:TYPE:spot or COUNT:TYPE:on-demand, as 2:c7g.large:spot"
                )
            }
            return (1...count).map { number in
                Instance(
                    id: "\(group[1]) \(market.rawValue) \(number)",
                    type: group[1],
                    market: market,
                    zone: PlannerSettings().zones[0],
                    state: .serving(since: .zero),
                    launchedAt: .zero
                )
            }
        }
    }

    // MARK: What is told

    /// A line for each decision; equal ones that follow each other share one.
    private static func words(_ decisions: [Decision]) -> [String] {
        guard !decisions.isEmpty else { return ["Now: nothing is to be done."] }
        var lines: [(text: String, count: Int)] = []
        for decision in decisions {
            let text = decision.json.words
            if let last = lines.last, last.text == text {
                lines[lines.count - 1].count += 1
            } else {
                lines.append((text, 1))
            }
        }
        return ["Now:"] + lines.map { $0.count > 1 ? "  \($0.count) times \($0.text)" : "  \($0.text)" }
    }
}
