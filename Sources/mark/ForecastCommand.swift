import ArgumentParser
import Forecasting
import Load

/// `mark forecast`: how well load can be foreseen.
struct ForecastCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "Forecast a recorded load minute by minute, and compare with what came."
    )

    @Argument(help: ArgumentHelp("A CSV file with a line TIMESTAMP,REQUESTS a minute.", valueName: "trace"))
    var trace: String

    @Option(help: ArgumentHelp("Write the forecasts here, as CSV: t,h,mean,max,max_q90.", valueName: "file"))
    var predictions: String?

    @Option(help: "Of the training.")
    var seed: UInt64 = 1

    func run() throws {
        let trace = try Trace(parsing: Files.text(self.trace))
        var settings = LoadModels.Settings()
        settings.seed = seed
        let evaluation = ForecastEvaluation(counts: trace.counts.map { Double($0) }, settings: settings)
        var csv = "t,h,mean,max,max_q90\n"
        var outcomes: [[[ForecastScore.Outcome]]] = []  // [method][horizon]
        let names = ["mix"] + LoadForecaster.names
        outcomes = names.map { _ in evaluation.targets.horizons.map { _ in [] } }
        evaluation.run { t, forecasts, parts in
            for (h, forecast) in forecasts.enumerated() {
                let truth = evaluation.truth(after: t, horizon: forecast.horizon)
                csv += "\(t),\(forecast.horizon),\(forecast.mean),\(forecast.max),\(forecast.maxQ90)\n"
                let all: [(Double?, Double?, Double?)] =
                    [(forecast.mean, forecast.max, forecast.maxQ90)]
                    + LoadForecaster.names.indices.map { (parts[3 * h][$0], parts[3 * h + 1][$0], parts[3 * h + 2][$0]) }
                for (m, said) in all.enumerated() {
                    guard let mean = said.0, let max = said.1, let q90 = said.2 else { continue }
                    outcomes[m][h].append(
                        .init(mean: mean, max: max, maxQ90: q90, last: evaluation.counts[t], trueMean: truth.mean, trueMax: truth.max)
                    )
                }
            }
        }
        for (m, name) in names.enumerated() {
            let scores = outcomes[m].map { ForecastScore($0) }
            func r(_ x: Double) -> String { "\((x * 1000).rounded() / 1000)" }
            print(name, scores.map { "\(r($0.mean))/\(r($0.max))/\(r($0.pinball))(\(Int($0.coverage * 100)))" }.joined(separator: " "))
        }
        if let predictions { try Files.write(csv, to: predictions) }
    }
}
