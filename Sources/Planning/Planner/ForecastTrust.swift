package import Forecasting

/// Holds forecasts against what came, to know how far the next one may be believed.
///
/// What counts is calibration, not skill: a plan weighs what may come, so that a forecast no better than the last minute's load costs
/// little as long as its quantile says so. Trust is lost when the quantile fails, or when persistence would have been clearly better.
package struct ForecastTrust: Equatable, Sendable {
    struct Said: Equatable, Sendable {
        let minute: Int
        let mean: Double
        let quantile: Double
        let last: Double
        var outcomes: [Double] = []
    }

    struct Outcome: Equatable, Sendable {
        let error: Double
        let persistenceError: Double
        let isCovered: Bool
    }

    var open: [Said] = []
    var outcomes: [Outcome] = []
    /// The last one that was told; nil before the first.
    package internal(set) var minute: Int?

    private static let horizon = 5
    private static let kept = 60
    /// Outcomes without which nothing can be said.
    private static let outcomesMin = 10

    package init() {}

    /// A minute's load is known, and what is forecast after it.
    package mutating func observe(_ count: Double?, minute: Int, forecasts: [LoadForecast]) {
        self.minute = minute
        open.removeAll { $0.minute >= minute || $0.minute < minute - Self.horizon }
        if let count {
            for index in open.indices { open[index].outcomes.append(count) }
            settle()
        }
        guard let forecast = forecasts.first(where: { $0.horizon == Self.horizon }), let count else { return }
        open.append(Said(minute: minute, mean: forecast.mean, quantile: forecast.maxQ90, last: count))
    }

    private mutating func settle() {
        while let said = open.first, said.outcomes.count == Self.horizon {
            let mean = said.outcomes.reduce(0, +) / Double(Self.horizon)
            outcomes.append(
                Outcome(
                    error: abs(mean - said.mean),
                    persistenceError: abs(mean - said.last),
                    isCovered: said.outcomes.allSatisfy { $0 <= said.quantile }
                )
            )
            open.removeFirst()
        }
        outcomes.removeFirst(max(0, outcomes.count - Self.kept))
    }

    /// From 0, plan by what was, to 1, plan by what is expected.
    package var value: Double {
        guard outcomes.count >= Self.outcomesMin else { return 1 }
        let count = Double(outcomes.count)
        let coverage = outcomes.reduce(0) { $0 + ($1.isCovered ? 1 : 0) } / count
        let persistence = outcomes.reduce(0) { $0 + $1.persistenceError }
        let error = outcomes.reduce(0) { $0 + $1.error }
        // Full trust down to 75 % and up to 1.3 times persistence's error, none at 50 % and at 2 times.
        let calibrated = min(max((coverage - 0.5) / 0.25, 0), 1)
        let skilled = persistence > 0 ? min(max((2 - error / persistence) / 0.7, 0), 1) : 1
        return min(calibrated, skilled)
    }
}
