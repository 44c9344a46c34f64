/// Runs a forecaster over a trace as it would have run in production: each minute it knows the past only, and is trained when that is due.
///
/// The first 65 % of the minutes are history, each later one an origin, as far as the longest horizon is known.
package struct ForecastEvaluation: Sendable {
    package let counts: [Double]
    package let targets: LoadTargets
    package let settings: LoadModels.Settings

    package static let historyShare = 0.65

    package init(
        counts: [Double],
        targets: LoadTargets = LoadTargets(),
        settings: LoadModels.Settings = .init()
    ) {
        (self.counts, self.targets, self.settings) = (counts, targets, settings)
    }

    /// The minutes at whose ends is forecast.
    package var origins: Range<Int> {
        let first = Int(Self.historyShare * Double(counts.count)) - 1
        return max(0, first)..<max(0, first, counts.count - targets.horizonMax)
    }

    /// - Parameters:
    ///   - start: a forecaster that was trained before; nil to begin with nothing.
    ///   - visit: is given each origin, its forecasts, and what each forecaster of the mix said: [target][forecaster].
    package func run(
        from start: LoadForecaster? = nil,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in },
        visit: (_ origin: Int, [LoadForecast], _ parts: [[Double?]]) -> Void
    ) {
        var forecaster = start ?? LoadForecaster(targets: targets)
        let origins = origins
        for (t, count) in counts.enumerated() where t < origins.upperBound {
            forecaster.observe(count, minute: t)
            if t + 1 >= origins.lowerBound, t + 1 < origins.upperBound, forecaster.isTrainingDue {
                forecaster.train(settings: settings)
            }
            guard t >= origins.lowerBound else { continue }
            visit(t, forecaster.forecasts, forecaster.parts)
            progress(t - origins.lowerBound + 1, origins.count)
        }
    }

    /// What came in the `horizon` minutes after a minute: their mean and their maximum.
    package func truth(after t: Int, horizon: Int) -> (mean: Double, max: Double) {
        let next = counts[(t + 1)...(t + horizon)]
        return (next.reduce(0, +) / Double(horizon), next.max() ?? 0)
    }
}
