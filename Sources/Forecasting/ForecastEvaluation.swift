/// Runs a forecaster over a trace as it would have run in production: each minute it knows the past only, and is trained when that is due.
///
/// The first 65 % of the minutes are history, each later one an origin, as far as the longest horizon is known.
package struct ForecastEvaluation: Sendable {
    /// The whole trace; nil is a missing minute.
    package let minutes: [Double?]
    /// The first minute's number.
    package let start: Int
    package let targets: LoadTargets
    package let settings: LoadModels.Settings
    /// Loads without gaps: the last known one instead.
    package let counts: [Double]

    package static let historyShare = 0.65

    package init(
        _ minutes: [Double?],
        start: Int = 0,
        targets: LoadTargets = LoadTargets(),
        settings: LoadModels.Settings = .init()
    ) {
        (self.minutes, self.start, self.targets, self.settings) = (minutes, start, targets, settings)
        var last = 0.0
        counts = minutes.map {
            last = $0 ?? last
            return last
        }
    }

    /// The minutes at whose ends is forecast.
    package var origins: Range<Int> {
        let first = Int(Self.historyShare * Double(minutes.count)) - 1
        return max(0, first)..<max(0, first, minutes.count - targets.horizonMax)
    }

    /// - Parameters:
    ///   - start: a forecaster that was trained before; nil to begin with nothing.
    ///   - visit: is given each origin, and the forecaster that knows all up to it.
    package func run(
        from start: LoadForecaster? = nil,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in },
        visit: (_ origin: Int, _ forecaster: LoadForecaster) -> Void
    ) {
        var forecaster = start ?? LoadForecaster(targets: targets)
        let origins = origins
        for (t, count) in minutes.enumerated() where t < origins.upperBound {
            forecaster.observe(count, minute: self.start + t)
            if t + 1 >= origins.lowerBound, t + 1 < origins.upperBound, forecaster.isTrainingDue {
                forecaster.train(settings: settings)
            }
            guard t >= origins.lowerBound else { continue }
            visit(t, forecaster)
            progress(t - origins.lowerBound + 1, origins.count)
        }
    }

    /// What came in the `horizon` minutes after a minute: their mean and their maximum; nil when most are missing.
    package func truth(after t: Int, horizon: Int) -> (mean: Double, max: Double)? {
        let next = minutes[(t + 1)...(t + horizon)].compactMap { $0 }
        guard 2 * next.count > horizon else { return nil }
        return (next.reduce(0, +) / Double(next.count), next.max() ?? 0)
    }
}
