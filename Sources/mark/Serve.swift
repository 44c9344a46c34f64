import ArgumentParser
import Backend
import Fleet
import Serving
import Threading

/// `mark serve`: a backend on this machine.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Serve models over HTTP: batched under their latency objectives, refusing what would be late.",
        discussion: """
            Speaks the Open Inference Protocol (KServe, Triton) and SageMaker's container contract, and shows metrics at /metrics. \
            Ends on SIGTERM, when EC2 announces that it takes the spot instance back, or when the stack's controller asks for it, \
            once what was admitted is answered.
            """
    )

    @Option(help: "Folder of the model repository.")
    var models = "template/models"

    @Option(help: "Address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Port; 0 takes a free one.")
    var port = 8000

    @OptionGroup(title: "Batching")
    var batching: BatchingOptions

    @OptionGroup(title: "Connections")
    var connections: ConnectionOptions

    @OptionGroup(title: "The fleet")
    var fleet: FleetOptions

    @OptionGroup(title: "The end")
    var draining: DrainOptions

    @Flag(help: "Let callers load and unload models (/v2/repository/models/NAME/load).")
    var modelControl = false

    @Option(
        help: ArgumentHelp(
            "Look for new, changed and removed versions of models every so many seconds. Default: never.",
            valueName: "seconds"
        )
    )
    var watch: Double?

    func run() async throws {
        let tls = try connections.identity()
        let member = try await FleetMember.make(self, pin: tls?.pin)
        let ending = try await BackendProcess(self, tls, member).run()
        if ending == .unused { throw ExitCode(Self.machineUnused) }
    }

    /// The exit code for whoever started the process: end the machine, as nobody needs it.
    private static let machineUnused: Int32 = 75

    func validate() throws {
        if let watch, !(0.1...86_400).contains(watch) {
            throw ValidationError("--watch is \(watch); expected 0.1 to 86400 seconds")
        }
        if fleet.register != nil, host == "127.0.0.1" || host == "localhost", fleet.address == nil {
            throw ValidationError(
                "routers cannot reach \(host); add --host :: (or --address, if they are here)"
            )
        }
    }
}

struct BatchingOptions: ParsableArguments {
    @Option(help: "Latency objective in milliseconds of models that have none in their config.json.")
    var sloMs: Double?

    @Option(
        help:
            "What of each objective to keep for the network, in milliseconds. Default: 1 % of it, at least 1."
    )
    var marginMs: Double?

    @Option(
        help: "Type of this machine, whose profile config.json may hold. Default: the instance type on EC2."
    )
    var machine: String?

    @Option(help: "Cores to use. Default: those that this process may use.")
    var cores: Int?

    @Option(
        help: "Batches of a model at once. Default: what its profile says is best, else one for each core."
    )
    var executors: Int?

    @Option(help: "Threads of each. Default: what the profile says is best, else 1.")
    var threads: Int?

    @Flag(help: "Measure models at start, a few seconds each, and choose executors and threads by that.")
    var measure = false

    func validate() throws {
        for (name, value) in [("slo-ms", sloMs), ("margin-ms", marginMs)] {
            if let value, !(value >= 0 && value <= 86_400_000) {
                throw ValidationError("--\(name) is \(value); expected 0 to 86400000")
            }
        }
        for (name, value) in [("cores", cores), ("executors", executors), ("threads", threads)] {
            if let value, !(1...1024).contains(value) {
                throw ValidationError("--\(name) is \(value); expected 1 to 1024")
            }
        }
    }

    func settings(readers: Int) -> DispatchPlanner.Settings {
        var settings = DispatchPlanner.Settings()
        settings.cores = cores ?? Machine.cores
        settings.machine = machine ?? Machine.instanceType
        settings.slo = sloMs.map { .milliseconds($0) }
        settings.margin = marginMs.map { .milliseconds($0) }
        settings.executors = executors
        settings.threads = threads
        settings.readers = readers
        return settings
    }
}

struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Certificate chain (PEM), for TLS.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("Private key (PEM), for TLS.", valueName: "file"))
    var tlsKey: String?

    @Flag(help: "TLS with a key made at start, which the table tells routers (needs the program openssl).")
    var tlsSelfMade = false

    @Option(
        help:
            "What callers must send in x-mark-token. Default: MARK_TOKEN, else the table's; without all, nothing is asked."
    )
    var token: String?

    @Option(help: "Connections at once.")
    var connections = 16_384

    @Option(help: "Bytes of a request's body.")
    var bodyMax = 64 << 20

    @Option(help: "Seconds that a connection may be idle.")
    var idle = 60

    @Option(help: "Threads that read and write.")
    var readers = 1

    @Flag(help: "Write a line of JSON for each answer to standard output.")
    var accessLog = false

    func validate() throws {
        for (name, value, range) in [
            ("connections", connections, 1...1_000_000), ("body-max", bodyMax, 1...(1 << 31)),
            ("idle", idle, 1...86_400), ("readers", readers, 1...256),
        ] where !range.contains(value) {
            throw ValidationError(
                "--\(name) is \(value); expected \(range.lowerBound) to \(range.upperBound)"
            )
        }
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key belong together; give both")
        }
        if tlsSelfMade, tlsCertificate != nil {
            throw ValidationError("--tls-self-made makes its own certificate; leave out --tls-certificate")
        }
    }

    var limits: HTTPLimits {
        var limits = HTTPLimits()
        limits.connections = connections
        limits.body = bodyMax
        limits.bodies = max(limits.bodies, 4 * bodyMax)
        limits.idle = .seconds(idle)
        return limits
    }

    /// What TLS speaks with; nil for plain HTTP.
    func identity() throws -> TLSIdentity? {
        do throws(InvalidTLSFiles) {
            if tlsSelfMade { return try .selfMade() }
            guard let tlsCertificate, let tlsKey else { return nil }
            return try TLSIdentity(TLSFiles(certificates: tlsCertificate, key: tlsKey))
        } catch {
            throw CommandFailure(error.description)
        }
    }

    var fixedToken: String? { token ?? Terminal.variable("MARK_TOKEN") }
}

struct DrainOptions: ParsableArguments {
    @Option(help: "Seconds to go on refusing before the end, until balancers have noticed.")
    var drain = 0.0

    @Flag(inversion: .prefixedNo, help: "Watch EC2's metadata for spot notices. Default: on EC2.")
    var spotWatch: Bool?

    @Flag(help: "Go on serving when EC2 only recommends to rebalance.")
    var ignoreRebalance = false
}
