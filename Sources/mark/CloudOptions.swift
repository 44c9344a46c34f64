import ArgumentParser
import LocalCloud
import Planning

/// Options of `mark up --cloud`: the whole stack, as the template's parameters have it.
struct CloudOptions: ParsableArguments {
    @Flag(
        help:
            "Run the whole stack with the AWS that it uses: router, controller, EC2 instances as processes, table, metrics."
    )
    var cloud = false

    @Option(
        help:
            "How many times as fast minutes go by: ticks, boots, metrics, bills; 1 to 24. Default: 1, and 24 with --demo. With --cloud."
    )
    var speed: Double?

    @Option(help: "Seed of what is left to chance: prices, names. With --cloud.")
    var seed: UInt64 = 1

    @Option(
        help:
            "The model whose load is planned for. Default: digits, and digits-ensemble with --demo. With --cloud."
    )
    var model: String?

    @Option(help: "Its latency objective in milliseconds. With --cloud.")
    var sloMs = 300

    @Option(help: "Share of requests that keep it. With --cloud.")
    var target = 0.98

    @Option(help: "The most that instances may cost, in dollars an hour. With --cloud.")
    var budget: Double?

    @Option(help: "Instances at once. With --cloud.")
    var instancesMax = 8

    @Option(help: ArgumentHelp("How instances are bought. With --cloud.", valueName: "spot,on-demand"))
    var markets = "spot,on-demand"

    @Option(
        help: ArgumentHelp(
            "Instance types that may be rented. Default: all that suit. With --cloud.",
            valueName: "a,b"
        )
    )
    var types: String?

    @Option(help: "Seconds until an instance's program starts. With --cloud.")
    var boot = 35

    @Flag(help: "Let the controller decide and log, but change nothing. With --cloud.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "What an instance runs, with mark's arguments. Default: this program. With --cloud.",
            valueName: "path"
        )
    )
    var instanceProgram: String?

    func validate() throws {
        // A notice of two minutes must leave an instance the five seconds between two looks at its metadata.
        if let speed, !(1...24).contains(speed) {
            throw ValidationError("--speed is \(speed); expected 1 to 24")
        }
        guard target > 0, target < 1 else {
            throw ValidationError("--target is \(target); expected more than 0 and less than 1")
        }
        for (name, value, range) in [
            ("slo-ms", sloMs, 1...60_000), ("instances-max", instancesMax, 0...32), ("boot", boot, 10...3600),
        ] where !range.contains(value) {
            throw ValidationError(
                "--\(name) is \(value); expected \(range.lowerBound) to \(range.upperBound)"
            )
        }
    }

    /// The stack around a function.
    func configuration(
        _ inference: FunctionConfiguration,
        isDemo: Bool = false
    ) -> StackConfiguration {
        let table = "mark"
        var stack = StackConfiguration(bundle: inference.bundle, program: program(inference, table))
        stack.inference = inference
        (stack.router.limits.environments, stack.table) = (inference.limits.environments * 4, table)
        (stack.speed, stack.seed) = (speed ?? (isDemo ? 24 : 1), seed)
        (stack.model, stack.slo, stack.target) = (
            model ?? (isDemo ? "digits-ensemble" : "digits"), sloMs, target
        )
        stack.ec2.boot = .seconds(boot)
        if let models = inference.variables["MARK_MODELS"] {
            stack.controller.variables["MARK_MODELS"] = models
        }
        stack.show.models = TriedModels.read(
            inference.variables["MARK_MODELS"] ?? inference.bundle + "/models"
        )
        stack.controllerVariables = [
            "MARK_BUDGET": budget.map { String($0) }, "MARK_INSTANCES_MAX": String(instancesMax),
            "MARK_MARKETS": markets,
            "MARK_TYPES": types ?? (isDemo ? DemoOptions.types : nil), "MARK_DRY_RUN": dryRun ? "true" : nil,
        ].compactMapValues { $0 }
        return stack
    }

    /// What an instance runs, as the template's user data does on EC2.
    private func program(
        _ inference: FunctionConfiguration,
        _ table: String
    ) -> @Sendable (CloudInstance) -> StackConfiguration.Program {
        let path = instanceProgram.map(Terminal.absolute) ?? Terminal.programFolder + "/mark"
        let models = inference.variables["MARK_MODELS"] ?? inference.bundle + "/models"
        let engine = inference.variables["MARK_ONNXRUNTIME"]
        return { instance in
            StackConfiguration.Program(
                path: path,
                arguments: [
                    "serve", "--models", models, "--host", "127.0.0.1", "--port", "0", "--register", table,
                    "--tls-self-made",
                    "--instance-id", instance.id, "--address", "127.0.0.1", "--zone", instance.zone,
                    "--market", instance.market.rawValue, "--machine", instance.type.name, "--cores", "1",
                    "--spot-watch",
                ],
                folder: Terminal.programFolder,
                variables: ["PATH": "/usr/local/bin:/usr/bin:/bin", "MARK_ONNXRUNTIME": engine]
                    .compactMapValues { $0 }
            )
        }
    }
}
