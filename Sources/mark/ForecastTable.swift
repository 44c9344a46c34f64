import Forecasting
import Reports

/// Scores of the forecaster and of all its parts, by horizon.
struct ForecastTable {
    private let evaluation: ForecastEvaluation
    let names = ["all together"] + LoadForecaster.names
    // [method][horizon]
    private var outcomes: [[[ForecastScore.Outcome]]]

    init(_ evaluation: ForecastEvaluation) {
        self.evaluation = evaluation
        outcomes = names.map { _ in evaluation.targets.horizons.map { _ in [] } }
    }

    mutating func add(_ t: Int, _ forecaster: LoadForecaster) {
        let parts = forecaster.parts
        for (h, forecast) in forecaster.forecasts.enumerated() {
            guard let truth = evaluation.truth(after: t, horizon: forecast.horizon) else { continue }
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

    /// [method][horizon]; empty for a method that had nothing to say.
    var scores: [[ForecastScore]] {
        outcomes.map { $0.contains { $0.isEmpty } ? [] : $0.map { ForecastScore($0) } }
    }

    var lines: [String] {
        let scores = scores
        let rows = zip(names, scores).filter { !$1.isEmpty }.map { name, scores in
            pad(name, 14)
                + scores.map { Self.cells($0, pinball: Decimal.text($0.pinball, digits: 2) + " %") }.joined()
        }
        return [Self.title("\(outcomes[0][0].count) forecasts", evaluation.targets.horizons, "q90 loss")]
            + rows
            + ["", "mean, max: mean absolute error, relative to saying the last minute's load."]
    }

    /// Geometric means over traces, the quantile's loss relative to that of persistence with a tracked quantile.
    static func means(_ tables: [ForecastTable]) -> [String] {
        guard let first = tables.first else { return [] }
        let horizons = first.evaluation.targets.horizons
        let all = tables.map(\.scores)
        var lines = ["", title("geometric mean", horizons, "q90 rel.")]
        for (method, name) in first.names.enumerated() where all.allSatisfy({ !$0[method].isEmpty }) {
            let cells = horizons.indices.map { h in
                let scores = all.map { $0[method][h] }
                return ForecastScore(
                    mean: geometric(scores.map(\.mean)),
                    max: geometric(scores.map(\.max)),
                    pinball: geometric(all.map { $0[method][h].pinball / $0[1][h].pinball }),
                    coverage: scores.map(\.coverage).reduce(0, +) / Double(scores.count)
                )
            }
            lines.append(
                pad(name, 14)
                    + cells.map { Self.cells($0, pinball: Decimal.text($0.pinball, digits: 3)) }.joined()
            )
        }
        return lines
    }

    private static func title(_ text: String, _ horizons: [Int], _ loss: String) -> String {
        text + "\n" + pad("", 14)
            + horizons.map { Decimal.right("next \($0) min: mean    max  \(loss)  covers", 46) }.joined()
    }

    private static func geometric(_ values: [Double]) -> Double {
        Elementary.exp(values.map { Elementary.log($0) }.reduce(0, +) / Double(values.count))
    }

    private static func cells(_ score: ForecastScore, pinball: String) -> String {
        Decimal.right(Decimal.text(score.mean, digits: 3), 22)
            + Decimal.right(Decimal.text(score.max, digits: 3), 7) + Decimal.right(pinball, 9)
            + Decimal.right("\(Int((score.coverage * 100).rounded())) %", 8)
    }
}

private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}
