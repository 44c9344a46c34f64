import ArgumentParser
import Control
import Planning
import Serving

extension Workload.Paper: ExpressibleByArgument {}
extension InstanceType.Architecture: ExpressibleByArgument {}

/// What is to be served, and how well.
struct WorkloadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Folder of a model, as template/models/digits: its profiles and objective are in config.json.",
            valueName: "folder"
        )
    )
    var model: String?

    @Option(help: "One of the services of MArk's evaluation: image, language or translation.")
    var workload: Workload.Paper?

    @Option(help: "Milliseconds that one request takes on one vCPU of c5.large.")
    var latencyMs: Double?

    @Option(help: "Throughput of batches of 32 over that of single requests: 1 to 32. Default: 1.")
    var batchingGain: Double?

    @Option(help: "Megabytes of the function. Default: as little as keeps the objective.")
    var memoryMb: Int?

    @Option(help: "Milliseconds from the start of a cold function to its first run. Default: 500.")
    var initMs: Double?

    @Option(help: "Latency objective in milliseconds. Default: the model's, if it has one.")
    var sloMs: Double?

    @Option(help: "Share of the requests within the objective. Default: the model's, or else 0.98.")
    var target: Double?

    @Option(
        help: "Milliseconds of the objective that are kept for the network and jitter. Default: 5 % of it."
    )
    var marginMs: Double?

    @Option(help: "Processors of the function: x86_64 or arm64.")
    var architecture = InstanceType.Architecture.x86

    /// - Throws: `CommandFailure` that names what is missing or wrong.
    func workload(_ catalogue: Catalogue) throws -> Workload {
        let given = [model != nil, workload != nil, latencyMs != nil].filter { $0 }.count
        guard given == 1 else {
            throw CommandFailure(
                "give one of --model FOLDER, --workload image|language|translation and --latency-ms MILLISECONDS; \(given) were given"
            )
        }
        let known = try known(catalogue)
        do {
            return try Workload.synthetic(
                known.model,
                slo: known.slo,
                target: known.target,
                margin: known.margin,
                catalogue: catalogue,
                measured: known.machines
            )
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// What the options say, and the model's config.json where they say nothing.
    struct Known {
        var model = Workload.Synthetic(name: "a model", latency: .zero)
        var machines: [String: Workload.Machine] = [:]
        var slo = Duration.zero
        var target = 0.98
        var margin = Duration.zero
    }

    /// - Throws: `CommandFailure` that names what is missing.
    func known(_ catalogue: Catalogue) throws -> Known {
        var known = Known()
        var objective = sloMs
        if let workload { known.model = workload.model }
        if let model {
            let file = try ConfigurationFile(model: model)
            objective = objective ?? file.configuration.slo?.latencyMilliseconds
            let profiled: ProfiledModel
            do {
                profiled = try ProfiledModel(
                    name: String(file.path.split(separator: "/").dropLast().last ?? "model"),
                    file.configuration.profiles,
                    slo: objective.map { .milliseconds($0) },
                    catalogue
                )
            } catch { throw CommandFailure("\(file.path): \(error)") }
            (known.model, known.machines) = (profiled.synthetic, profiled.machines)
            known.target = file.configuration.slo?.target ?? known.target
        }
        if let latencyMs { known.model.latency = .milliseconds(latencyMs) }
        if let batchingGain { known.model.batchingGain = batchingGain }
        if let initMs { known.model.initTime = .milliseconds(initMs) }
        known.model.memoryMiB = memoryMb
        guard let objective else {
            throw CommandFailure(
                "there is no latency objective, and it has no default; give --slo-ms, as 200"
            )
        }
        known.slo = .milliseconds(objective)
        known.target = target ?? known.target
        known.margin = .milliseconds(marginMs ?? objective * 0.05)
        return known
    }
}
