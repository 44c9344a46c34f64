/// The load of the next `horizon` minutes, in requests per minute.
///
/// Never negative, and `mean` <= `max` <= `maxQ90` <= `maxQ99`.
package struct LoadForecast: Equatable, Sendable {
    /// Minutes ahead.
    package let horizon: Int
    /// The mean of the minutes.
    package let mean: Double
    /// The load of the busiest minute.
    package let max: Double
    /// What the busiest minute exceeds in one case of ten.
    package let maxQ90: Double
    /// And in one of a hundred.
    package let maxQ99: Double

    package init(horizon: Int, mean: Double, max: Double, maxQ90: Double, maxQ99: Double) {
        (self.horizon, self.mean, self.max, self.maxQ90, self.maxQ99) = (horizon, mean, max, maxQ90, maxQ99)
    }

    /// Of a load that is so many times as large.
    package static func * (forecast: LoadForecast, factor: Double) -> LoadForecast {
        LoadForecast(
            horizon: forecast.horizon,
            mean: forecast.mean * factor,
            max: forecast.max * factor,
            maxQ90: forecast.maxQ90 * factor,
            maxQ99: forecast.maxQ99 * factor
        )
    }
}
