import ArgumentParser
import Load
import LambdaRuntime
import Synchronization
import Threading
import Wire

/// `mark load`: an open-loop load generator.
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract:
            "Send requests to a server at a given rate, whether it keeps up or not, and measure its answers.",
        discussion: """
            Latency counts from the time at which a request was to be sent, so that a slow server cannot hide its worst times. \
            With --search it finds the highest rate at which enough requests are answered within the objective.
            """
    )

    @Argument(
        help: ArgumentHelp(
            "Where the server is: http://HOST:PORT, with a path unless --model is given.",
            valueName: "url"
        )
    )
    var url: String

    @OptionGroup(title: "Requests")
    var requests: RequestOptions

    @OptionGroup(title: "Load")
    var load: LoadOptions

    @OptionGroup(title: "Results")
    var results: ResultOptions

    func run() async throws {
        let target = try LoadTarget(url)
        let made = try await requests.requests(target)
        let settings = try load.settings(target, made)
        if results.search { return try await search(settings) }
        let result = try await Self.run(settings, label: nil)
        for line in LoadTable.lines(result) { Terminal.line(line) }
        if let file = results.histogram { try Files.write(HistogramText.text(result.latencies), to: file) }
        if let file = results.json { try Files.write(LoadTable.json(result).encoded() + [10], to: file) }
        if let file = results.report { try Files.write(LoadReport(url: url, result: result).html, to: file) }
    }

    private func search(_ settings: LoadSettings) async throws {
        var search = RateSearch(first: try load.searchStart())
        var probes: [JSON] = []
        var best: LoadResult?
        while let rate = search.next {
            var settings = settings
            settings.arrivals = Arrivals(.poisson(perSecond: rate), seed: load.seed)
            let result = try await Self.run(settings, label: "\(Int(rate))/s")
            let holds = result.sloShare >= results.sloTarget
            search.tried(rate, holds: holds)
            if holds, rate >= best?.rate ?? 0 { best = result }
            probes.append(LoadTable.json(result))
            Terminal.line("\(LoadTable.probe(rate, result))  \(holds ? "holds" : "does not hold")")
        }
        let answer = search.held.map { JSON.double(($0 * 10).rounded() / 10) } ?? .null
        if let file = results.json {
            let json: JSON = ["rate": answer, "target": .double(results.sloTarget), "probes": .array(probes)]
            try Files.write(json.encoded() + [10], to: file)
        }
        guard let held = search.held else {
            throw CommandFailure("no rate holds: not even \(Int((search.failed ?? 0).rounded())) requests/s")
        }
        Terminal.line(
            "Highest rate with \(LoadTable.percent(results.sloTarget)) within the objective: \(Int(held)) requests/s"
        )
    }

    /// Runs on a thread of its own, as it blocks.
    private static func run(_ settings: LoadSettings, label: String?) async throws -> LoadResult {
        let outcome: Result<LoadResult, LoadError> = await withCheckedContinuation { continuation in
            Thread.start {
                continuation.resume(
                    returning: Result { () throws(LoadError) in
                        let generator = try LoadGenerator(settings)
                        return generator.run { Terminal.progress(LoadTable.progress($0, label)) }
                    }
                )
            }
        }
        Terminal.progress(nil)
        do { return try outcome.get() } catch { throw CommandFailure("\(error)") }
    }
}

struct LoadOptions: ParsableArguments {
    enum ArrivalPattern: String, ExpressibleByArgument { case poisson, constant }

    @Option(help: "Requests per second.")
    var rate: Double?

    @Option(help: "Seconds to measure.")
    var duration = 10.0

    @Option(help: "Seconds at the start that are not counted.")
    var warmUp = 1.0

    @Option(help: "poisson (independent requests) or constant.")
    var arrivals = ArrivalPattern.poisson

    @Option(help: ArgumentHelp("Trace to replay: lines TIMESTAMP,REQUESTS, one a minute.", valueName: "file"))
    var trace: String?

    @Option(help: "How much faster than real time the trace runs: 60 makes a minute last a second.")
    var timeScale = 60.0

    @Option(help: "What the trace's counts are multiplied with.")
    var rateScale = 1.0

    @Option(help: "Seed of the random times and inputs.")
    var seed: UInt64 = 1

    @Option(help: "Latency objective in milliseconds.")
    var sloMs = 100.0

    @Option(help: "Connections at most.")
    var connections = 512

    @Option(help: "Milliseconds after which a request has failed.")
    var timeoutMs = 10_000.0

    func validate() throws {
        let positive = [
            ("rate", rate ?? 1), ("duration", duration), ("time-scale", timeScale), ("rate-scale", rateScale),
            ("slo-ms", sloMs), ("timeout-ms", timeoutMs),
        ]
        for (name, value) in positive where !(value > 0 && value <= 1e7) {
            throw ValidationError("--\(name) is \(value); expected more than 0, up to 10000000")
        }
        guard (0...3600).contains(warmUp) else {
            throw ValidationError("--warm-up is \(warmUp); expected 0 to 3600")
        }
        guard (1...60_000).contains(connections) else {
            throw ValidationError("--connections is \(connections); expected 1 to 60000")
        }
        guard rate == nil || trace == nil else { throw ValidationError("give --rate or --trace, not both") }
    }

    func searchStart() throws -> Double {
        guard trace == nil else { throw CommandFailure("--search looks for a rate; leave --trace out") }
        return rate ?? 50
    }

    func settings(_ target: LoadTarget, _ requests: [LoadRequest]) throws -> LoadSettings {
        var duration = Duration.seconds(duration)
        let pattern: Arrivals.Pattern
        if let trace {
            let counts = try Trace.read(trace).counts
            pattern = .trace(counts, speed: timeScale, scale: rateScale)
            duration = .seconds(Double(counts.count) * 60 / timeScale)
        } else {
            let rate = rate ?? 50
            pattern = arrivals == .poisson ? .poisson(perSecond: rate) : .constant(perSecond: rate)
        }
        var settings = LoadSettings(
            host: target.host,
            port: target.port,
            requests: requests,
            arrivals: Arrivals(pattern, seed: seed),
            duration: duration,
            slo: .milliseconds(sloMs)
        )
        settings.warmUp = trace == nil ? .seconds(warmUp) : .zero
        settings.connections = connections
        settings.timeout = .milliseconds(timeoutMs)
        return settings
    }
}

struct ResultOptions: ParsableArguments {
    @Flag(help: "Find the highest Poisson rate that holds the objective, beginning at --rate.")
    var search = false

    @Option(help: "Share of requests within the objective that --search asks for.")
    var sloTarget = 0.98

    @Option(help: ArgumentHelp("Write the result as JSON.", valueName: "file"))
    var json: String?

    @Option(
        help: ArgumentHelp("Write latencies as HdrHistogram's percentile distribution.", valueName: "file")
    )
    var histogram: String?

    @Option(help: ArgumentHelp("Write a page with charts.", valueName: "file"))
    var report: String?
}

struct RequestOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Make requests for this model of an Open Inference Protocol server.",
            valueName: "name"
        )
    )
    var model: String?

    @Option(help: "Rows of each request made for --model.")
    var rows = 1

    @OptionGroup
    var inputs: RandomInputOptions

    @Option(help: "Different requests to make for --model.")
    var variants = 16

    @Option(help: "Method of requests that are not made for --model.")
    var method: String?

    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("A header for each request.", valueName: "name: value")
    )
    var headers: [String] = []

    @Option(
        name: .customLong("body"),
        help: ArgumentHelp("A body; several are sent in turn.", valueName: "file")
    )
    var bodies: [String] = []

    @Option(help: "Milliseconds that requests grant, as x-mark-deadline-ms.")
    var deadlineMs: Double?
}
