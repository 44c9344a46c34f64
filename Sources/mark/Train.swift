import ArgumentParser
import Forecasting
import Load
import Reports

/// `mark train`: what the controller's forecaster can know on its first day.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train the load forecaster on a recorded load.",
        discussion: """
            Models that know the first four fifths of the trace forecast the last fifth, minute by minute; then all of it is learnt from, \
            at most its last two weeks. The file that is written holds weights and statistics, and none of the load.
            """
    )

    @Argument(help: ArgumentHelp("A CSV file with a line TIMESTAMP,REQUESTS a minute.", valueName: "trace"))
    var trace: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the models.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Of the random numbers: the same seed, the same file.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Passes of the LSTM over the trace, at most.", valueName: "number"))
    var epochs = 40

    func validate() throws {
        guard (1...1000).contains(epochs) else {
            throw ValidationError("--epochs is \(epochs); expected 1 to 1000")
        }
    }

    func run() throws {
        let trace = try Trace.read(trace)
        var forecaster = LoadForecaster()
        for (t, count) in trace.minutes.enumerated() {
            forecaster.observe(count.map { Double($0) }, minute: trace.start + t)
        }
        guard forecaster.isTrainingDue else {
            throw CommandFailure(
                "\(self.trace) has \(trace.minutes.count) minutes; training needs \(LoadForecaster.minutesMin)"
            )
        }
        var settings = LoadModels.Settings()
        settings.seed = seed
        settings.network.epochs = epochs
        var losses: [Double] = []
        let scores = forecaster.train(settings: settings) { Self.show($0, &losses) }
        Terminal.progress(nil)
        for (horizon, score) in zip(forecaster.targets.horizons, scores) {
            Terminal.line(
                "Last fifth, next \(horizon) min   mean \(Decimal.text(score.mean, digits: 3)), "
                    + "max \(Decimal.text(score.max, digits: 3)) of persistence's error; "
                    + "q90 covers \(Int((100 * score.coverage).rounded())) %"
            )
        }
        if let best = losses.min(), let first = losses.first {
            let (first, best) = (Decimal.text(first, digits: 4), Decimal.text(best, digits: 4))
            Terminal.line("LSTM: \(losses.count) epochs, validation loss \(first) to \(best)")
        }
        let bytes = forecaster.restarted.encoded()
        try Files.write(bytes, to: output)
        Terminal.line("Wrote \(output), \(bytes.count / 1000) kB")
    }

    private static func show(_ progress: LoadModels.Progress, _ losses: inout [Double]) {
        switch progress {
        case .targets(let done, let count): Terminal.progress("trees and lines: \(done) of \(count)")
        case .epoch(let epoch, let count, _, let validation):
            if epoch == 1 { losses = [] }
            losses.append(validation)
            let loss = Decimal.text(validation, digits: 4)
            Terminal.progress("LSTM: epoch \(epoch) of at most \(count), validation loss \(loss)")
        }
    }
}
