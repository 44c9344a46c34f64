import Forecasting
import Load

/// Scores of the forecaster and of all its parts, by horizon.
struct ForecastTable {
    private let evaluation: ForecastEvaluation
    private let names = ["all together"] + LoadForecaster.names
    // [method][horizon]
    private var outcomes: [[[ForecastScore.Outcome]]]

    init(_ evaluation: ForecastEvaluation) {
        self.evaluation = evaluation
        outcomes = names.map { _ in evaluation.targets.horizons.map { _ in [] } }
    }

    mutating func add(_ t: Int, _ forecasts: [LoadForecast], _ parts: [[Double?]]) {
        for (h, forecast) in forecasts.enumerated() {
            let truth = evaluation.truth(after: t, horizon: forecast.horizon)
            let last = evaluation.counts[t]
            outcomes[0][h].append(ForecastScore.Outcome(forecast, last: last, truth: truth))
            for part in LoadForecaster.names.indices {
                guard let mean = parts[3 * h][part], let max = parts[3 * h + 1][part],
                    let q90 = parts[3 * h + 2][part]
                else { continue }
                outcomes[part + 1][h].append(
                    ForecastScore.Outcome(mean: mean, max: max, maxQ90: q90, last: last, truth: truth)
                )
            }
        }
    }

    var lines: [String] {
        let horizons = evaluation.targets.horizons
        var lines = [
            "\(evaluation.origins.count) forecasts of the next \(horizons.map { "\($0)" }.joined(separator: ", ")) minutes",
            "",
            pad("", 14) + horizons.map { pad("  next \($0) min: mean   max  q90 loss  covers", 47) }.joined(),
        ]
        for (method, name) in names.enumerated() where !outcomes[method][0].isEmpty {
            let scores = outcomes[method].map { ForecastScore($0) }
            lines.append(pad(name, 14) + scores.map(Self.cells).joined())
        }
        return lines + ["", "mean, max: mean absolute error, relative to saying the last minute's load."]
    }

    private static func cells(_ score: ForecastScore) -> String {
        leftPad(Decimal.text(score.mean, digits: 3), 20) + leftPad(Decimal.text(score.max, digits: 3), 6)
            + leftPad(Decimal.text(score.pinball, digits: 2) + " %", 10)
            + leftPad("\(Int((score.coverage * 100).rounded())) %", 8) + "   "
    }
}

private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

private func leftPad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}
