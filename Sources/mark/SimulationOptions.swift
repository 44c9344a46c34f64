import ArgumentParser
import Load
import Simulation

/// What is simulated.
struct SimulationOptions: ParsableArguments {
    enum Mode: String, ExpressibleByArgument { case request, fluid }

    @Option(help: ArgumentHelp("Load to replay: lines TIMESTAMP,REQUESTS, one a minute.", valueName: "file"))
    var trace: String?

    @Option(help: "What the trace's counts are multiplied with.")
    var scale = 1.0

    @Option(help: "Only so many minutes of the trace, from its start.")
    var minutes: Int?

    @Option(
        help: ArgumentHelp(
            "Policies to compare, with commas; the first is the one that the report is about. all: every one. "
                + "Known are \(PolicyChoice.names).",
            valueName: "list"
        )
    )
    var policies = "all"

    @Option(
        help: "request: each request with its latency; fluid: minute by minute, hundreds of times as fast."
    )
    var mode = Mode.request

    @Option(help: "Of arrivals, run times and interruptions.")
    var seed: UInt64 = 1

    @Flag(
        help:
            "Bill the router function, which takes requests to our instances: $0.2 per million and its waiting time."
    )
    var router = false

    @Option(help: "Seconds from a launch to an instance's first answer.")
    var bootSeconds = 120.0

    /// Requests of each minute, and the first minute's number.
    ///
    /// - Throws: `CommandFailure` that names the option.
    func load() throws -> (counts: [Double?], start: Int, name: String) {
        guard let trace else {
            throw CommandFailure(
                "there is no load to simulate; give --trace FILE, or --sweep for the map of steady rates"
            )
        }
        guard scale.isFinite, scale > 0 else {
            throw CommandFailure("--scale is \(scale); expected a factor above 0, as 2.5")
        }
        guard minutes ?? 1 > 0 else {
            throw CommandFailure("--minutes is \(minutes ?? 0); expected 1 or more")
        }
        guard bootSeconds >= 0, bootSeconds < 86_400 else {
            throw CommandFailure("--boot-seconds is \(bootSeconds); expected 0 or more, less than a day")
        }
        let recorded = try Trace.read(trace)
        let name = trace.split(separator: "/").last.map(String.init) ?? trace
        return (
            recorded.minutes.prefix(minutes ?? .max).map { $0.map { Double($0) * scale } }, recorded.start,
            scale == 1 ? name : "\(name) × \(scale)"
        )
    }

    /// In the order in which they are given.
    ///
    /// - Throws: `CommandFailure` that names one that nobody knows, and the nearest.
    func choices() throws -> [PolicyChoice] {
        guard policies != "all" else { return PolicyChoice.allCases }
        return try policies.split(separator: ",").map { name in
            guard let choice = PolicyChoice(rawValue: String(name)) else {
                let known = PolicyChoice.allCases.map(\.rawValue)
                throw CommandFailure(
                    UnknownName.message("policy", String(name), known: known, option: "--policies")
                )
            }
            return choice
        }
    }
}
