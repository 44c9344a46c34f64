import AWS
import ArgumentParser
import LocalCloud

/// `mark up`: Lambda and API Gateway on this machine.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the function locally behind an HTTP front in API Gateway's shape.",
        discussion: """
            Starts real bootstrap processes as Lambda does: one invocation at a time each, more on demand, idle ones reaped. \
            Lambda's Invoke call works as well: POST /2015-03-31/functions/mark/invocations with any event.

            With --cloud the port also answers signed requests to EC2, DynamoDB, CloudWatch, Lambda, API Gateway, SSM and Pricing, and the \
            whole stack runs against it. GET /cloud/state shows it, and GET /cloud/events tells what happens.

            With --demo it also replays a day of load in minutes, and says what that cost here and would have cost elsewhere.
            """
    )

    @Option(
        help:
            "Folder with bootstrap, lib and models, as the deploy zip unpacks. Default: what was built here."
    )
    var bundle: String?

    @Option(help: "Folder of the model repository. Default: models in the bundle.")
    var models: String?

    @Option(help: "Port of 127.0.0.1; 0 takes a free one.")
    var port = 8080

    @Option(help: "Execution environments at once.")
    var concurrency = 2

    @Option(help: "Memory of the function in MB; a vCPU comes with 1,769.")
    var memory = 1769

    @Option(help: "Seconds that an invocation may take.")
    var timeout = 30

    @Option(help: "Seconds after which an idle environment ends.")
    var idle = 300

    @Option(
        name: .customLong("env"),
        help: ArgumentHelp("A variable for the function.", valueName: "name=value")
    )
    var variables: [String] = []

    @OptionGroup(title: "The whole stack")
    var stack: CloudOptions

    @OptionGroup(title: "The show")
    var show: DemoOptions

    func validate() throws {
        for (name, value, range) in [
            ("port", port, 0...65535), ("concurrency", concurrency, 1...1000),
            ("memory", memory, 128...10_240),
            ("timeout", timeout, 1...900), ("idle", idle, 1...86_400),
        ] where !range.contains(value) {
            throw ValidationError(
                "--\(name) is \(value); expected \(range.lowerBound) to \(range.upperBound)"
            )
        }
        for variable in variables where !variable.contains("=") || variable.hasPrefix("=") {
            throw ValidationError("--env \(variable): expected NAME=VALUE")
        }
    }

    func run() async throws {
        var function = try configuration()
        function.memory = memory
        function.limits.environments = concurrency
        function.limits.timeout = .seconds(timeout)
        function.limits.idle = .seconds(idle)
        for variable in variables {
            let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            function.variables[String(parts[0])] = String(parts[1])
        }
        if show.demo { return try await runDemo(function) }
        let cloud =
            stack.cloud
            ? LocalCloud(stack.configuration(function), port: port, wallClock: Terminal.wallClock) {
                Terminal.line($0)
            }
            : LocalCloud(function, port: port, wallClock: Terminal.wallClock) { Terminal.line($0) }
        try await run(cloud) { port in
            Terminal.line("Listening on http://127.0.0.1:\(port) (Ctrl-C ends it)")
            if stack.cloud { Terminal.line(Self.credentials(port)) }
        }
    }

    private func runDemo(_ function: FunctionConfiguration) async throws {
        var function = function
        // As many as a laptop has room for; requests wait for one where AWS, which has a thousand, starts another.
        function.limits.environments = max(concurrency, DemoOptions.environments)
        var configuration = stack.configuration(function, isDemo: true)
        configuration.throttlesAtOnce = false
        configuration.accountConcurrency = function.limits.environments
        let models = function.variables["MARK_MODELS"] ?? function.bundle + "/models"
        let demo = try Demo(show, &configuration, model: "\(models)/\(configuration.model)")
        let isVerbose = show.verbose
        let cloud = LocalCloud(configuration, port: port, wallClock: Terminal.wallClock) {
            if isVerbose { Terminal.line($0) }
        }
        try await run(cloud) { port in
            Terminal.line("Open http://127.0.0.1:\(port)/ (Ctrl-C ends it)")
            demo.begin(port: port) { cloud.stop() }
        }
        for line in demo.summary { Terminal.line(line) }
    }

    private func run(_ cloud: LocalCloud, onReady: @escaping @Sendable (Int) -> Void) async throws {
        do { try await cloud.run { onReady($0) } } catch {
            throw CommandFailure(
                "cannot listen on 127.0.0.1:\(port): \(error); choose another --port, or 0 for a free one"
            )
        }
    }

    /// What awscli and SDKs need to look around.
    private static func credentials(_ port: Int) -> String {
        let key = StackConfiguration.operatorCredentials
        return
            "AWS: export AWS_ENDPOINT_URL=http://127.0.0.1:\(port) AWS_REGION=\(FunctionConfiguration.region) "
            + "AWS_ACCESS_KEY_ID=\(key.accessKeyID) AWS_SECRET_ACCESS_KEY=\(key.secretAccessKey)"
    }

    /// The function of an unpacked zip, or of this build: the bootstrap beside this program and the models of the
    /// source tree.
    private func configuration() throws -> FunctionConfiguration {
        let folder = Terminal.absolute(bundle ?? Terminal.programFolder)
        guard Terminal.isExecutable("\(folder)/bootstrap") else {
            throw CommandFailure(
                "\(folder)/bootstrap is no program; build it with `swift build --product bootstrap`, "
                    + "or name an unpacked deploy zip with --bundle"
            )
        }
        var function = FunctionConfiguration(bundle: folder)
        // The URL that it has here takes answers while they are made.
        function.variables["MARK_RESPONSE_STREAM"] = "yes"
        if let models = models ?? Terminal.variable("MARK_MODELS")
            ?? (show.demo ? DemoOptions.folder + "/models" : bundle == nil ? "template/models" : nil)
        {
            guard Terminal.isReadable(models) else {
                throw CommandFailure("there is no folder \(models); name the model repository with --models")
            }
            function.variables["MARK_MODELS"] = Terminal.absolute(models)
        }
        if let library = EngineLibrary.explicitPath { function.variables["MARK_ONNXRUNTIME"] = library }
        return function
    }
}
