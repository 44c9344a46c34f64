import ArgumentParser
import ONNX

/// `mark optimize`: a model in the form that loads fastest on any machine of the architecture.
struct Optimize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a model in the form that loads fastest, and show how much faster.",
        discussion: """
            Rewrites the graph once instead of at every cold start (ONNX Runtime's level `extended`, which holds for any CPU), and moves \
            the weights into a file of their own, which is mapped instead of read. Both files must stay together. How the result loads \
            fastest is measured and noted in the model itself; "optimization" in the model's config.json overrules it.
            """
    )

    @Argument(help: "Path of the .onnx file.")
    var model: String

    @Option(name: .shortAndLong, help: "Where to write it. Default: <model>.optimized.onnx beside it.")
    var output: String?

    @Flag(help: "Put the result in the model's place; the original is kept as <model>.original.")
    var replace = false

    @Option(
        help:
            "Note this level (none, basic, extended, all) instead of the one that gives the fastest first answer."
    )
    var level: String?

    @Option(help: "Threads of a run.")
    var threads = 1

    func validate() throws {
        guard !replace || output == nil else {
            throw ValidationError("--replace and --output exclude each other")
        }
        guard (1...64).contains(threads) else {
            throw ValidationError("--threads is \(threads); expected 1 to 64")
        }
        if let level, SessionOptions.Optimization(name: level) == nil {
            throw ValidationError("--level is \(level); expected none, basic, extended or all")
        }
    }

    func run() async throws {
        guard Terminal.isReadable(model) else { throw CommandFailure("there is no model \(model)") }
        let paths = EngineLibrary.explicitPath
        let runtime = try ONNXRuntime(
            paths: ONNXRuntime.searchPaths(explicit: paths, folders: [Terminal.programFolder])
        )
        let optimizer = ModelOptimizer(runtime: runtime, threads: threads)
        Terminal.note("Loading and running \(model) …")
        let before = try optimizer.measure(model, level: .all)
        // Written under its final name: the model names its weights file.
        let target = replace ? model : output ?? Self.name(model, "optimized")
        let files = try ModelFiles(model: model, target: target)
        Terminal.note("Optimising …")
        try optimizer.write(model, to: files)
        let fast = try optimizer.measure(files.written, level: .none)
        let full = try optimizer.measure(files.written, level: .all)
        try optimizer.compare(before, fast, full)
        let chosen =
            level.flatMap(SessionOptions.Optimization.init(name:))
            ?? (fast.answer <= full.answer ? .none : .all)
        try files.finish(hint: LoadingHint.encoded(chosen), replace: replace)
        report(before, fast, full, files, chosen)
    }

    /// `folder/model.onnx` with a word before its extension.
    private static func name(_ model: String, _ word: String) -> String {
        (model.hasSuffix(".onnx") ? String(model.dropLast(5)) : model) + ".\(word).onnx"
    }

    private func report(
        _ before: ModelOptimizer.Measurement,
        _ fast: ModelOptimizer.Measurement,
        _ full: ModelOptimizer.Measurement,
        _ files: ModelFiles,
        _ chosen: SessionOptions.Optimization
    ) {
        Terminal.line("                       load    first run     next run")
        for (name, measurement) in [
            ("before", before), ("after, level none", fast), ("after, level all", full),
        ] {
            Terminal.line(
                name.padded(17) + Self.cell(measurement.load) + Self.cell(measurement.firstRun)
                    + Self.cell(measurement.nextRun)
            )
        }
        Terminal.line(
            "Outputs agree. Wrote \(files.target) and \(files.weights ?? "no weights file: all weights are small")."
        )
        Terminal.line(
            "It loads at level \(chosen.name) from now on; "
                + "\"optimization\": \"\(chosen == .all ? "none" : "all")\" in config.json chooses the other."
        )
    }

    private static func cell(_ time: Duration) -> String {
        let hundredths = Int(time / .microseconds(10))
        let fraction = hundredths % 100
        let text = "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) ms"
        return String(repeating: " ", count: max(0, 13 - text.utf8.count)) + text
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
