package import Forecasting

/// The load of the next minutes as a distribution each, and how much of it falls into a layer.
///
/// What a launch is worth depends on the requests that its layer will get, and their mean is not the layer's share of the mean load:
/// with 100 expected and 20 either way as likely, the layer above 100 gets 8 a minute, not none. Loads are taken to be logistic
/// around the forecast's mean, as wide as its 0.9 quantile says, for which that share has a closed form.
package struct LoadOutlook: Equatable, Sendable {
    /// Requests per minute, by minute from the next one on.
    package let means: [Double]
    /// The logistic distribution's scale, in requests per minute.
    package let scales: [Double]
    /// What of the distribution lies above zero, which no load is below: E[max(0, load)] by minute.
    private let wholes: [Double]

    /// Minutes that are looked at: the forecast's longest horizon.
    package static let minutes = 15

    /// How far the 0.9 quantile of the maximum of some minutes lies above their mean, in standard deviations of one: 1.28 when they move
    /// together, 2.03 when five do not; 2.1 cost least on six traces, and 1.3 to 2.8 up to 0.3 % more.
    private static let deviationsOfQuantile = 2.1
    /// The scale of a logistic distribution of standard deviation 1.
    private static let scaleOfDeviation = 0.5513

    package init(means: [Double], scales: [Double]) {
        precondition(means.count == scales.count && !means.isEmpty, "a mean and a scale a minute")
        (self.means, self.scales) = (means, scales)
        wholes = zip(means, scales).map { Self.excess($0, $1) }
    }

    /// - Parameters:
    ///   - forecasts: by horizon, rising; of the minutes after the last known one.
    ///   - last: requests of that minute: what is expected without forecasts, give or take what chance makes of so many.
    package init(_ forecasts: [LoadForecast], last: Double) {
        var (means, scales) = ([Double](), [Double]())
        var (known, total) = (0, 0.0)
        for forecast in forecasts.sorted(by: { $0.horizon < $1.horizon }) where forecast.horizon > known {
            // The mean of the minutes that a longer horizon adds.
            let length = forecast.horizon - known
            let sum = Double(forecast.horizon) * forecast.mean
            let mean = max(0, sum - total) / Double(length)
            let deviation = max(forecast.maxQ90 - forecast.mean, 1) / Self.deviationsOfQuantile
            means += repeatElement(mean, count: length)
            scales += repeatElement(deviation * Self.scaleOfDeviation, count: length)
            (known, total) = (forecast.horizon, sum)
        }
        if means.isEmpty {
            (means, scales) = ([last], [(last + 1).squareRoot() * Self.scaleOfDeviation])
        }
        let rest = max(0, Self.minutes - means.count)
        means += repeatElement(means[means.count - 1], count: rest)
        scales += repeatElement(scales[scales.count - 1], count: rest)
        self.init(
            means: Array(means.prefix(Self.minutes)),
            scales: Array(scales.prefix(Self.minutes))
        )
    }

    /// The same load as seen some minutes later, when nothing new is known: what lies beyond the end is as its last minute.
    package func later(by minutes: Int) -> LoadOutlook {
        guard minutes > 0 else { return self }
        let dropped = min(minutes, means.count - 1)
        return LoadOutlook(
            means: Array(means.dropFirst(dropped)) + repeatElement(means[means.count - 1], count: dropped),
            scales: Array(scales.dropFirst(dropped)) + repeatElement(scales[scales.count - 1], count: dropped)
        )
    }

    package func scaled(by factor: Double) -> LoadOutlook {
        factor == 1 ? self : LoadOutlook(means: means.map { $0 * factor }, scales: scales.map { $0 * factor })
    }

    /// E[max(0, load - level)] by minute: what instances that take `level` requests a minute leave.
    ///
    /// No load is below zero, so that all of it lies above zero and layers add up to the mean: where the distribution reaches below,
    /// its upper part is scaled to that. Otherwise a wide forecast of nearly nothing would pay for an instance all night.
    package func excess(over level: Double) -> [Double] {
        means.indices.map { minute in
            let (mean, whole) = (means[minute], wholes[minute])
            return whole > 0 ? Self.excess(mean - level, scales[minute]) * mean / whole : 0
        }
    }

    /// - Parameter distance: from a level up to the mean.
    private static func excess(_ distance: Double, _ scale: Double) -> Double {
        guard scale > 0, abs(distance) < 30 * scale else { return max(0, distance) }
        return scale * Elementary.log1p(Elementary.exp(distance / scale))
    }

    /// A quantile of the load, by minute, never negative.
    package func quantile(_ level: Double) -> [Double] {
        let distance = Elementary.log(level / (1 - level))
        return zip(means, scales).map { max(0, $0 + $1 * distance) }
    }
}
