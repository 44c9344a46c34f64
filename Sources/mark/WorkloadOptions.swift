import ArgumentParser
import Batching
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
            let profiled = try ProfiledModel(file, catalogue, objective: sloMs)
            (known.model, known.machines) = (profiled.synthetic, profiled.machines)
            objective = objective ?? file.configuration.slo?.latencyMilliseconds
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

/// What a model's config.json says of machines.
private struct ProfiledModel {
    let synthetic: Workload.Synthetic
    /// By type, as measured.
    let machines: [String: Workload.Machine]

    /// Types without a profile are derived from the first profile with one thread an executor, that of a type of the catalogue if there is
    /// one; a machine that is in no catalogue is taken for as fast as c5.large.
    init(_ file: ConfigurationFile, _ catalogue: Catalogue, objective: Double?) throws {
        let name = String(file.path.split(separator: "/").dropLast().last ?? "model")
        let slo = objective ?? file.configuration.slo?.latencyMilliseconds ?? .infinity
        let profiles = file.configuration.profiles.sorted { $0.key < $1.key }
        var machines: [String: Workload.Machine] = [:]
        for (type, profile) in profiles {
            guard let known = catalogue[type],
                let best = profile.best(
                    within: slo.isFinite ? .milliseconds(slo) : .seconds(3600),
                    coresMax: known.hasAccelerator ? .max : known.vCPUs
                ), let times = try? best.latencyProfile()
            else { continue }
            machines[type] = Workload.Machine(executors: best.executors, profile: times)
        }
        let single = profiles.compactMap { type, profile in
            profile.configurations.first { $0.threads == 1 }.map { (type: type, configuration: $0) }
        }.filter { !(catalogue[$0.type]?.hasAccelerator ?? false) }
        guard
            let base = single.first(where: { catalogue[$0.type] != nil }) ?? single.first,
            let times = try? base.configuration.latencyProfile()
        else {
            throw CommandFailure(
                "\(file.path) has no profile of a CPU with one thread an executor; measure one with `mark profile`"
            )
        }
        let speed = catalogue[base.type].map { Workload.coreSpeed($0, catalogue) } ?? 1
        let batch = Workload.batchOfGain
        synthetic = Workload.Synthetic(
            name: name,
            latency: times[1] * speed,
            batchingGain: min(max(1, times.throughput(batch) / times.throughput(1)), Double(batch))
        )
        self.machines = machines
    }
}
