import ArgumentParser
import Forecasting
import Load

/// `mark forecast`: how well load can be foreseen.
struct ForecastCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "Forecast a recorded load minute by minute, and compare with what came.",
        discussion: """
            The first 65 % of a trace are history; from then on each minute is forecast from what came before it, with the forecaster \
            trained again when the controller would. Printed are the error of the mean and of the maximum of the next minutes, \
            relative to persistence, and the pinball loss and coverage of the maximum's 0.9 quantile; after several traces their \
            geometric means.
            """
    )

    @Argument(help: ArgumentHelp("CSV files with a line TIMESTAMP,REQUESTS a minute.", valueName: "trace"))
    var traces: [String]

    @Option(
        help: ArgumentHelp(
            "Write the forecasts of one trace here, as CSV: t,h,mean,max,max_q90; t is the minute's index.",
            valueName: "file"
        )
    )
    var predictions: String?

    @Option(help: ArgumentHelp("Write a page with charts of one trace.", valueName: "file"))
    var report: String?

    @Option(help: ArgumentHelp("Begin with what `mark train` wrote.", valueName: "file"))
    var model: String?

    @Option(help: ArgumentHelp("Of the training.", valueName: "number"))
    var seed: UInt64 = 1

    func validate() throws {
        guard traces.count == 1 || (predictions == nil && report == nil) else {
            throw ValidationError("--predictions and --report are for one trace; \(traces.count) were given")
        }
    }

    func run() throws {
        let start = try model.map { try LoadForecaster.read($0) }
        var tables: [ForecastTable] = []
        for path in traces {
            let trace = try Trace.read(path)
            var settings = LoadModels.Settings()
            settings.seed = seed
            let evaluation = ForecastEvaluation(
                trace.minutes.map { $0.map { Double($0) } },
                start: trace.start,
                settings: settings
            )
            guard !evaluation.origins.isEmpty else {
                throw CommandFailure(
                    "\(path) has \(trace.minutes.count) minutes; an evaluation needs 60 or more"
                )
            }
            tables.append(try evaluate(path, evaluation, start))
        }
        if tables.count > 1 { for line in ForecastTable.means(tables) { Terminal.line(line) } }
    }

    private func evaluate(
        _ path: String,
        _ evaluation: ForecastEvaluation,
        _ start: LoadForecaster?
    ) throws -> ForecastTable {
        var table = ForecastTable(evaluation)
        var page = ForecastReport(path, evaluation)
        var csv = "t,h,mean,max,max_q90\n"
        evaluation.run(from: start, progress: Self.show) { t, forecaster in
            table.add(t, forecaster)
            if report != nil { page.add(t, forecaster) }
            guard predictions != nil else { return }
            for forecast in forecaster.forecasts {
                csv += "\(t),\(forecast.horizon),\(forecast.mean),\(forecast.max),\(forecast.maxQ90)\n"
            }
        }
        Terminal.progress(nil)
        if traces.count > 1 { Terminal.line("\n\(path)") }
        for line in table.lines { Terminal.line(line) }
        if let predictions { try Files.write(csv, to: predictions) }
        if let report { try Files.write(page.html(table), to: report) }
        return table
    }

    private static func show(_ done: Int, _ count: Int) {
        if done % 100 == 0 { Terminal.progress("\(100 * done / count) % of \(count) minutes") }
    }
}

extension Trace {
    /// - Throws: `CommandFailure` that names the file.
    static func read(_ path: String) throws -> Trace {
        do { return try Trace(parsing: Files.text(path)) } catch let error as InvalidTrace {
            throw CommandFailure("\(path): \(error)")
        }
    }
}

extension LoadForecaster {
    /// - Throws: `CommandFailure` that names the file.
    static func read(_ path: String) throws -> LoadForecaster {
        do { return try LoadForecaster(decoding: Files.bytes(path)) } catch let error
            as InvalidForecasterState
        {
            throw CommandFailure("\(path): \(error)")
        }
    }
}
