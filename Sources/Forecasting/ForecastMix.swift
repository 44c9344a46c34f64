/// The best recent mix of several forecasts of one target.
///
/// Exponentiated gradients with a fixed share (Herbster and Warmuth 1998; the gradient trick of Cesa-Bianchi and Lugosi 2006): weights move
/// towards whoever would have reduced the loss of the mix, and nobody is ever forgotten.
struct ForecastMix: Equatable, Sendable {
    let level: Double
    /// One a forecaster; their sum is 1.
    private(set) var weights: [Double]
    /// The recent mean distance of the forecasters from the truth.
    private(set) var scale: Double?

    private static let rate = 0.03
    private static let share = 0.001

    init(level: Double, weights: [Double], scale: Double? = nil) {
        (self.level, self.weights, self.scale) = (level, weights, scale)
    }

    /// - Parameter forecasts: nil of whoever has nothing to say.
    func mix(_ forecasts: [Double?]) -> Double {
        var (sum, total) = (0.0, 0.0)
        for (forecast, weight) in zip(forecasts, weights) {
            guard let forecast else { continue }
            sum += weight * forecast
            total += weight
        }
        return total > 0 ? sum / total : 0
    }

    mutating func observe(_ forecasts: [Double?], truth: Double) {
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
            let regret = min(max(slope * (forecast - said) / scale, -3), 3)
            weights[index] *= Elementary.exp(-Self.rate * regret)
        }
        let total = weights.reduce(0, +)
        let floor = Self.share / Double(weights.count)
        for index in weights.indices { weights[index] = (1 - Self.share) * weights[index] / total + floor }
    }
}
