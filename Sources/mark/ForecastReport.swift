import Forecasting
import Reports

/// An evaluation as a page: the last day with its forecasts, errors by horizon, coverage over time, and who was believed.
struct ForecastReport {
    private struct Origin {
        let t: Int
        let forecasts: [LoadForecast]
        /// Weights of the mix that forecasts the upper quantile of the middle horizon.
        let weights: [Double]
    }

    private let name: String
    private let evaluation: ForecastEvaluation
    private var origins: [Origin] = []

    init(_ name: String, _ evaluation: ForecastEvaluation) {
        (self.name, self.evaluation) = (name, evaluation)
    }

    mutating func add(_ t: Int, _ forecaster: LoadForecaster) {
        let middle = evaluation.targets.horizons.count / 2
        origins.append(
            Origin(t: t, forecasts: forecaster.forecasts, weights: forecaster.weights(3 * middle + 2))
        )
    }

    func html(_ table: ForecastTable) -> String {
        let scores = table.scores
        let horizons = evaluation.targets.horizons
        let head = ["method"] + horizons.flatMap { ["mean, \($0) min", "max", "q90 loss", "covers"] }
        let rows = zip(table.names, scores).filter { !$1.isEmpty }.map { name, scores in
            [name]
                + scores.flatMap {
                    [
                        Decimal.text($0.mean, digits: 3), Decimal.text($0.max, digits: 3),
                        Decimal.text($0.pinball, digits: 2) + " %",
                        "\(Decimal.text(100 * $0.coverage, digits: 0)) %",
                    ]
                }
        }
        let fans = horizons.indices.map {
            "<h2>The next \(horizons[$0]) minutes, on the last day</h2>\(fan($0).figure)"
        }
        return Page(
            title: "Forecasts of \(name)",
            body: """
                <h1>Forecasts of <code>\(Page.escaped(name))</code></h1>
                <p>\(origins.count) forecasts, each from what was known then. Errors are mean absolute errors, relative to saying
                the last minute's load.</p>
                \(Page.tiles(tiles(scores[0])))
                \(fans.joined())
                <h2>Error of the maximum by horizon</h2>\(errors(table.names, scores).figure)
                <h2>Share of maxima below the 0.9 quantile, over time</h2>\(coverage.figure)
                <h2>Who was believed</h2>\(beliefs.figure)
                <h2>All methods</h2>\(Page.table(head, rows))
                """
        ).html
    }

    private func tiles(_ scores: [ForecastScore]) -> [Page.Tile] {
        zip(evaluation.targets.horizons, scores).flatMap { horizon, score in
            [
                Page.Tile(
                    name: "mean of the next \(horizon) min",
                    value: Decimal.text(score.mean, digits: 3)
                ),
                Page.Tile(name: "its maximum", value: Decimal.text(score.max, digits: 3)),
                Page.Tile(name: "q90 covers", value: "\(Decimal.text(100 * score.coverage, digits: 1)) %"),
            ]
        }
    }

    // MARK: Charts

    private func fan(_ h: Int) -> Chart {
        let last = origins.suffix(1440).filter { $0.forecasts.count > h }
        let first = last.first?.t ?? 0
        func points(_ value: (Origin) -> Double?) -> [(x: Double, y: Double)] {
            last.compactMap { origin in value(origin).map { (Double(origin.t - first), $0) } }
        }
        let horizon = evaluation.targets.horizons[h]
        return Chart(
            lines: [
                .init(
                    name: "busiest minute that came",
                    style: "m",
                    points: points { evaluation.truth(after: $0.t, horizon: horizon)?.max }
                ),
                .init(name: "forecast of it", style: "a", points: points { $0.forecasts[h].max }),
            ],
            bands: [
                .init(
                    name: "mean to 0.9 quantile",
                    style: "a",
                    points: last.map { (Double($0.t - first), $0.forecasts[h].mean, $0.forecasts[h].maxQ90) }
                )
            ],
            xMax: Double(max(1, last.count - 1)),
            xTicks: stride(from: 0, to: max(1, last.count), by: max(60, last.count / 480 * 60)).map {
                (Double($0), "\($0 / 60) h")
            },
            unit: "/min"
        )
    }

    private func errors(_ names: [String], _ scores: [[ForecastScore]]) -> Chart {
        let horizons = evaluation.targets.horizons
        let styles = ["all together": "a", "trees": "b", "lstm": "c", "persistence": "m"]
        let lines = zip(names, scores).compactMap { name, scores in
            styles[name].map { style in
                Chart.Line(
                    name: name,
                    style: style,
                    points: zip(horizons, scores).map { (x: Double($0), y: $1.max) }
                )
            }
        }
        return Chart(
            lines: lines,
            xMax: Double(horizons.max() ?? 1),
            xTicks: horizons.map { (Double($0), "\($0) min") },
            unit: ""
        )
    }

    /// By sixtieths of the evaluation.
    private var spans: [ArraySlice<Origin>] {
        let width = max(1, (origins.count + 59) / 60)
        return stride(from: 0, to: origins.count, by: width).map {
            origins[$0..<min($0 + width, origins.count)]
        }
    }

    private var coverage: Chart {
        let lines = evaluation.targets.horizons.enumerated().map { h, horizon in
            let points = spans.enumerated().map { index, span in
                let hits = span.filter { origin in
                    guard let truth = evaluation.truth(after: origin.t, horizon: horizon) else { return true }
                    return truth.max <= origin.forecasts[h].maxQ90
                }
                return (x: Double(index), y: 100 * Double(hits.count) / Double(span.count))
            }
            return Chart.Line(name: "next \(horizon) min", style: ["a", "b", "c"][h % 3], points: points)
        }
        return time(lines, marks: [.init(name: "promised", y: 90)])
    }

    private var beliefs: Chart {
        let kinds: [(String, String, (Int) -> Bool)] = [
            ("smoothers", "m", { $0 < LoadForecaster.names.count - LoadModels.count }),
            ("ridge", "c", { LoadForecaster.names[$0] == "ridge" }),
            ("trees", "a", { LoadForecaster.names[$0] == "trees" }),
            ("lstm", "b", { LoadForecaster.names[$0] == "lstm" }),
        ]
        return time(
            kinds.map { name, style, isMember in
                let points = spans.enumerated().map { index, span in
                    let weights = span.last?.weights ?? []
                    let sum = weights.indices.filter(isMember).reduce(0) { $0 + weights[$1] }
                    return (x: Double(index), y: 100 * sum)
                }
                return Chart.Line(name: name, style: style, points: points)
            },
            marks: []
        )
    }

    private func time(_ lines: [Chart.Line], marks: [Chart.Mark]) -> Chart {
        let count = spans.count
        let minutes = Double(origins.count) / Double(max(1, count))
        return Chart(
            lines: lines,
            marks: marks,
            xMax: Double(max(1, count - 1)),
            xTicks: stride(from: 0, to: max(1, count), by: max(1, count / 8)).map {
                (Double($0), "\(Int(Double($0) * minutes / 60)) h")
            },
            unit: "%"
        )
    }
}
