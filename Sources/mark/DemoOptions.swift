import ArgumentParser
import Load

/// Options of `mark up --demo`: a day in minutes.
struct DemoOptions: ParsableArguments {
    @Flag(help: "Run the whole stack, replay a day of load against it and say what it cost. Implies --cloud.")
    var demo = false

    @Option(
        help: ArgumentHelp(
            "The load: lines TIMESTAMP,REQUESTS, one a minute. Default: template/demo/day.csv. With --demo.",
            valueName: "file"
        )
    )
    var trace: String?

    @Option(
        help: ArgumentHelp("Requests per second in the load's highest minute. With --demo.", valueName: "rps")
    )
    var peak = 40.0

    @Flag(help: "End after the load. With --demo.")
    var once = false

    @Flag(help: "Also print each request and what the processes log. With --demo.")
    var verbose = false

    static let folder = "template/demo"
    /// One of them holds the day's load, so that a surge is more than what is there, and not more than this machine's processors.
    static let types = "t3.small,t3a.small,t3.medium,c6i.large,c7i.large"
    /// Environments at once, and so what the controller warms at most: on AWS each has its own processor, here they share this machine's.
    static var environments: Int { min(12, max(4, 2 * Machine.cores)) }

    func validate() throws {
        guard peak > 0, peak <= 10_000 else {
            throw ValidationError("--peak is \(peak); expected more than 0, up to 10000")
        }
        guard demo || (trace == nil && !once && !verbose) else {
            throw ValidationError("--trace, --once and --verbose are for --demo")
        }
    }

    /// The load with its name.
    func load() throws -> (counts: [Int], name: String) {
        let path = trace ?? Self.folder + "/day.csv"
        guard Terminal.isReadable(path) else {
            throw CommandFailure("there is no trace \(path); name one with --trace")
        }
        let counts = try Trace.read(path).counts
        guard counts.contains(where: { $0 > 0 }) else {
            throw CommandFailure("\(path) has no requests; a load needs some")
        }
        let file = path.split(separator: "/").last ?? ""
        return (counts, String(file))
    }
}
