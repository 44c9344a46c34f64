/// How good forecasts of one horizon were, by the usual measures of the field.
package struct ForecastScore: Equatable, Sendable {
    /// Mean absolute error of the mean over the horizon, relative to persistence, which says the last minute's load.
    package let mean: Double
    /// The same for the maximum.
    package let max: Double
    /// Pinball loss of the maximum's 0.9 quantile, in percent of the mean maximum.
    package let pinball: Double
    /// Share of maxima that the quantile was not exceeded by.
    package let coverage: Double

    /// What was said at an origin, and what came.
    package struct Outcome: Sendable {
        let mean: Double
        let max: Double
        let maxQ90: Double
        /// The load of the origin.
        let last: Double
        let trueMean: Double
        let trueMax: Double

        package init(
            mean: Double,
            max: Double,
            maxQ90: Double,
            last: Double,
            truth: (mean: Double, max: Double)
        ) {
            (self.mean, self.max, self.maxQ90, self.last) = (mean, max, maxQ90, last)
            (trueMean, trueMax) = truth
        }

        package init(_ forecast: LoadForecast, last: Double, truth: (mean: Double, max: Double)) {
            self.init(
                mean: forecast.mean,
                max: forecast.max,
                maxQ90: forecast.maxQ90,
                last: last,
                truth: truth
            )
        }
    }

    package init(mean: Double, max: Double, pinball: Double, coverage: Double) {
        (self.mean, self.max, self.pinball, self.coverage) = (mean, max, pinball, coverage)
    }

    package init(_ outcomes: [Outcome]) {
        var (mean, meanBase, max, maxBase) = (0.0, 0.0, 0.0, 0.0)
        var (pinball, maxima, covered) = (0.0, 0.0, 0.0)
        for outcome in outcomes {
            mean += abs(outcome.trueMean - outcome.mean)
            meanBase += abs(outcome.trueMean - outcome.last)
            max += abs(outcome.trueMax - outcome.max)
            maxBase += abs(outcome.trueMax - outcome.last)
            let miss = outcome.trueMax - outcome.maxQ90
            pinball += miss > 0 ? 0.9 * miss : -0.1 * miss
            maxima += outcome.trueMax
            covered += miss <= 0 ? 1 : 0
        }
        self.mean = Self.ratio(mean, meanBase)
        self.max = Self.ratio(max, maxBase)
        self.pinball = 100 * Self.ratio(pinball, maxima)
        coverage = Self.ratio(covered, Double(outcomes.count))
    }

    /// A series that never changes is forecast by everybody: 0 / 0 is 1.
    private static func ratio(_ a: Double, _ b: Double) -> Double { b > 0 ? a / b : a > 0 ? .infinity : 1 }
}
