import ArgumentParser
import LambdaRuntime
import ONNX
import Serving
import Threading
import Wire

/// `mark profile`: how long batches take on this machine.
struct Profile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Measure how long a model's batches take on this machine, and keep it in the model's config.json.",
        discussion: """
            `mark serve`, the planner and the simulator batch, admit and count machines by this profile. A machine that is not \
            here, such as one with a GPU, gets its profile with --import.
            """
    )

    @Argument(help: ArgumentHelp("Folder of the model, as template/models/digits.", valueName: "folder"))
    var model: String

    @Option(help: "Type of this machine, under which the profile is kept. Default: the instance type on EC2.")
    var machine: String?

    @Option(help: "Rows of the largest batch.")
    var sizeMax = 32

    @Option(help: "Cores to use. Default: those that this process may use.")
    var cores: Int?

    @Option(help: "Seconds to measure each batch size.")
    var seconds = 2.0

    @Option(help: "Latency objective in milliseconds. Default: the one in config.json.")
    var sloMs: Double?

    @Option(help: "Megabytes of memory; no larger batches are tried beyond.")
    var memoryMax = 4096

    @OptionGroup(title: "Inputs")
    var inputs: RandomInputOptions

    @Flag(help: "Only print the profile.")
    var dryRun = false

    @Option(
        name: .customLong("import"),
        help: ArgumentHelp("Take profiles from a file instead: JSON by machine.", valueName: "file")
    )
    var importFile: String?

    @Flag(help: "Print the profiles of config.json as JSON, as --import takes them.")
    var export = false

    func validate() throws {
        for (name, value, range) in [
            ("size-max", sizeMax, 1...4096), ("cores", cores ?? 1, 1...1024),
            ("memory-max", memoryMax, 1...1 << 24),
        ] where !range.contains(value) {
            throw ValidationError(
                "--\(name) is \(value); expected \(range.lowerBound) to \(range.upperBound)"
            )
        }
        guard seconds > 0, seconds <= 600 else {
            throw ValidationError("--seconds is \(seconds); expected more than 0, up to 600")
        }
        if let sloMs, !(sloMs > 0) { throw ValidationError("--slo-ms is \(sloMs); expected more than 0") }
    }

    func run() async throws {
        var file = try ConfigurationFile(model: model)
        if export { return Terminal.line(file.profiles.prettyText) }
        if let importFile {
            let count = try file.add(profiles: Files.bytes(importFile), from: importFile)
            try file.write()
            return Terminal.line(
                "Took \(count) profile\(count == 1 ? "" : "s") from \(importFile) into \(file.path)"
            )
        }
        guard let machine = machine ?? Machine.instanceType ?? (dryRun ? "this machine" : nil) else {
            throw CommandFailure(
                "this is no EC2 instance, so name the machine with --machine, or use --dry-run"
            )
        }
        let configurations = try await measure(file)
        let slo = sloMs.map { Duration.milliseconds($0) } ?? file.slo
        for line in ProfileTable.lines(configurations, slo: slo) { Terminal.line(line) }
        guard !dryRun else { return }
        let date = String(Terminal.wallClock().description.prefix(10))
        file.set(
            MachineProfile(measured: date, cores: cores ?? Machine.cores, configurations: configurations),
            machine: machine
        )
        try file.write()
        Terminal.line("Kept as '\(machine)' in \(file.path)")
    }

    private func measure(_ file: ConfigurationFile) async throws -> [MachineProfile.Configuration] {
        let slo = sloMs.map { Duration.milliseconds($0) } ?? file.slo
        let measurement = ProfileRun(
            model: model,
            file: file,
            cores: cores ?? Machine.cores,
            sizeMax: sizeMax,
            slo: slo,
            time: .seconds(seconds),
            memoryMax: memoryMax << 20,
            inputs: inputs.random
        )
        let result: Result<[MachineProfile.Configuration], any Error> = await withCheckedContinuation {
            continuation in
            Thread.start { continuation.resume(returning: Result { try measurement.run() }) }
        }
        Terminal.progress(nil)
        return try result.get()
    }
}

/// What random inputs are like.
struct RandomInputOptions: ParsableArguments {
    @Option(help: "Length of the model's free axes but the batch's.")
    var freeAxis = 16

    @Option(help: "Whole numbers sent to the model are drawn from 0 up to but not with this.")
    var integerBound = 2

    func validate() throws {
        for (name, value) in [("free-axis", freeAxis), ("integer-bound", integerBound)]
        where !(1...1 << 30).contains(value) {
            throw ValidationError("--\(name) is \(value); expected 1 to \(1 << 30)")
        }
    }

    var random: RandomInputs { RandomInputs(freeAxis: freeAxis, integerBound: integerBound) }
}
