import ArgumentParser
import Forecasting
import Load

/// `mark forecast`: how well load can be foreseen.
struct ForecastCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "Forecast a recorded load minute by minute, and compare with what came.",
        discussion: """
            The first 65 % of the trace are history; from then on each minute is forecast from what came before it, with the forecaster \
            trained again when the controller would. Printed are the error of the mean and of the maximum of the next minutes, \
            relative to persistence, and the pinball loss and coverage of the maximum's 0.9 quantile.
            """
    )

    @Argument(help: ArgumentHelp("A CSV file with a line TIMESTAMP,REQUESTS a minute.", valueName: "trace"))
    var trace: String

    @Option(help: ArgumentHelp("Write the forecasts here, as CSV: t,h,mean,max,max_q90.", valueName: "file"))
    var predictions: String?

    @Option(help: ArgumentHelp("Of the training.", valueName: "number"))
    var seed: UInt64 = 1

    func run() throws {
        let trace = try Trace(parsing: Files.text(self.trace))
        var settings = LoadModels.Settings()
        settings.seed = seed
        let evaluation = ForecastEvaluation(counts: trace.counts.map { Double($0) }, settings: settings)
        guard !evaluation.origins.isEmpty else {
            throw CommandFailure(
                "the trace has \(trace.counts.count) minutes; an evaluation needs 60 or more"
            )
        }
        var table = ForecastTable(evaluation)
        var csv = "t,h,mean,max,max_q90\n"
        evaluation.run(progress: Self.show) { t, forecasts, parts in
            table.add(t, forecasts, parts)
            guard predictions != nil else { return }
            for forecast in forecasts {
                csv += "\(t),\(forecast.horizon),\(forecast.mean),\(forecast.max),\(forecast.maxQ90)\n"
            }
        }
        Terminal.progress(nil)
        for line in table.lines { Terminal.line(line) }
        if let predictions { try Files.write(csv, to: predictions) }
    }

    private static func show(_ done: Int, _ count: Int) {
        if done % 100 == 0 { Terminal.progress("\(100 * done / count) % of \(count) minutes") }
    }
}
