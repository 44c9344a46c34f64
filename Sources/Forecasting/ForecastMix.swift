/// The best recent mix of several forecasts of one target.
///
/// Weights move towards whoever would have reduced the loss of the mix: exponentiated gradients (Cesa-Bianchi and Lugosi 2006) with a rate
/// of its own for each forecaster, longer for those whose regret varies little (BOA; Wintenberger 2017). Regrets fade in some days.
package struct ForecastMix: Equatable, Sendable {
    /// The quantile that is forecast.
    package let level: Double
    /// What each forecaster is worth before anything is known.
    package let prior: [Double]
    /// How much the mix would have gained by more of each, lately.
    package private(set) var regrets: [Double]
    /// Squares of the same.
    package private(set) var squares: [Double]
    /// The recent mean distance of the forecasters from the truth.
    package private(set) var scale: Double?
    /// One a forecaster; their sum is 1.
    package private(set) var weights: [Double]

    private static let rateMax = 0.1
    private static let fading = 0.9998
    private static let regretMax = 3.0

    package init(level: Double, prior: [Double]) {
        self.init(
            level: level,
            prior: prior,
            regrets: prior.map { _ in 0 },
            squares: prior.map { _ in 0 },
            scale: nil
        )
    }

    package init(level: Double, prior: [Double], regrets: [Double], squares: [Double], scale: Double?) {
        (self.level, self.prior, self.regrets, self.squares, self.scale) = (
            level, prior, regrets, squares, scale
        )
        weights = prior
        weigh()
    }

    /// - Parameter forecasts: nil of whoever has nothing to say.
    package func mix(_ forecasts: [Double?]) -> Double {
        var (sum, total) = (0.0, 0.0)
        for (forecast, weight) in zip(forecasts, weights) {
            guard let forecast else { continue }
            sum += weight * forecast
            total += weight
        }
        return total > 0 ? sum / total : 0
    }

    package mutating func observe(_ forecasts: [Double?], truth: Double) {
        let said = mix(forecasts)
        let distances = forecasts.compactMap { $0.map { abs($0 - truth) } }
        guard !distances.isEmpty else { return }
        let distance = distances.reduce(0, +) / Double(distances.count)
        let scale = self.scale.map { $0 + 0.01 * (distance - $0) } ?? distance
        self.scale = scale
        guard scale > 0 else { return }
        let slope = truth > said ? -level : 1 - level
        for (index, forecast) in forecasts.enumerated() {
            guard let forecast else { continue }
            let loss = min(max(slope * (forecast - said) / scale, -Self.regretMax), Self.regretMax)
            regrets[index] = regrets[index] * Self.fading - loss
            squares[index] = squares[index] * Self.fading + loss * loss
        }
        weigh()
    }

    private mutating func weigh() {
        let bound = 8 * Elementary.log(Double(prior.count))
        let rates = squares.map { min(Self.rateMax, (bound / (1 + $0)).squareRoot()) }
        let exponents = zip(rates, regrets).map { $0 * $1 }
        let largest = exponents.max() ?? 0
        for index in prior.indices {
            weights[index] = prior[index] * rates[index] * Elementary.exp(exponents[index] - largest)
        }
        let total = weights.reduce(0, +)
        for index in weights.indices { weights[index] /= total }
    }
}
