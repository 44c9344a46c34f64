/// Forecasts the load of the next minutes: tell it each minute's requests, and ask.
///
/// Simple smoothers run from the first minute on; once there is enough to learn from, `train` adds a linear quantile model, boosted trees and
/// an LSTM. Each target is forecast by the mix of all of them that was best of late, and the upper quantiles are corrected by how often they
/// were exceeded. A value: the same minutes, trainings and seed give the same forecasts everywhere.
package struct LoadForecaster: Equatable, Sendable {
    package let targets: LoadTargets
    package internal(set) var series = LoadSeries()
    /// Of the last minute; empty before the first.
    package internal(set) var forecasts: [LoadForecast] = []
    package internal(set) var models: LoadModels?
    /// Minutes of history at the last training.
    package internal(set) var trainedAt: Int?

    var smoothers = Smoother.all.map { Smoother($0) }
    /// How far above a smoother's mean its maxima lie, in deviations: [target][smoother].
    var offsets: [[QuantileTracker]]
    var memory = LSTM.State(units: 0)
    /// One a target.
    var mixes: [ForecastMix]
    /// One a horizon: how far the 0.9 and 0.99 quantiles lie beyond what the mix says.
    var corrections: [QuantileTracker]
    var extremes: [QuantileTracker]
    /// What was said in the last minutes, until it is known what came.
    var open: [OpenForecast] = []

    struct OpenForecast: Equatable, Sendable {
        /// The series' minute.
        let minute: Int
        /// [target][forecaster]
        let said: [[Double?]]
        /// [target][smoother], mean and deviation, that the offsets are learnt on.
        let means: [[Double]]
        let deviations: [Double]
        /// [horizon]: median and quantiles as they were given, and the unit of the corrections.
        let given: [Given]
    }

    struct Given: Equatable, Sendable {
        let forecast: LoadForecast
    }

    package static let names = ["persistence", "ewma 0.1", "ewma 0.3", "ewma 0.6", "holt", "holt-winters"] + LoadModels.names

    package init(targets: LoadTargets = LoadTargets()) {
        self.targets = targets
        offsets = targets.all.map { target in
            Smoother.all.map { _ in QuantileTracker(level: target.level, start: target.level > 0.5 ? 1.5 : 0.5) }
        }
        mixes = targets.all.map { ForecastMix(level: $0.level, weights: Self.startWeights) }
        corrections = targets.horizons.map { _ in QuantileTracker(level: 0.9) }
        extremes = targets.horizons.map { _ in QuantileTracker(level: 0.99, start: 1) }
    }

    /// Learned models are believed more than smoothers until the outcomes say who is right.
    private static let startWeights: [Double] = {
        let smoother = 0.2 / Double(Smoother.all.count)
        return Smoother.all.map { _ in smoother } + [0.2, 0.4, 0.2]
    }()

    /// What each forecaster of the mix last said: [target][forecaster], in the order of `names`.
    package var parts: [[Double?]] { open.last?.said ?? [] }

    // MARK: Events

    /// A minute has ended.
    ///
    /// - Parameters:
    ///   - count: its requests; nil when nobody knows.
    ///   - minute: since midnight of a fixed day (UTC: of 1970).
    @discardableResult
    package mutating func observe(_ count: Double?, minute: Int) -> LoadSeries.Observation {
        let before = series.count
        let observation = series.observe(count, minute: minute)
        switch observation {
        case .past: return observation
        case .restart: self = LoadForecaster(targets: targets)
            return observe(count, minute: minute)
        case .next: break
        }
        guard series.count > 0 else { return observation }
        for t in min(before, series.count - 1)..<series.count { advance(t) }
        return observation
    }

    private mutating func advance(_ t: Int) {
        let minute = series.start + t
        if !series.isMissing[t] {
            for index in smoothers.indices { smoothers[index].observe(series.counts[t], minute: minute) }
        }
        settle(t)
        forecast(t)
    }

    // MARK: Forecasting

    private mutating func forecast(_ t: Int) {
        var row: [Double] = []
        var said: [Double] = []
        if let models {
            LoadFeatures.row(series, t, &row)
            said = models.network.step(models.network.scaling.scaled(row), &memory)
        }
        let level = LoadFeatures.level(series, t)
        let deviations = smoothers.map { max($0.deviation, 0.1) }
        var (all, means): ([[Double?]], [[Double]]) = ([], [])
        for (position, target) in targets.all.enumerated() {
            let smooth = smoothers.map { $0.mean(target.horizon, minute: series.start + t) }
            means.append(smooth)
            var forecasts: [Double?] = smoothers.indices.map { index in
                guard target.quantity == .max else { return smooth[index] }
                return max(0, smooth[index] + offsets[position][index].value * deviations[index])
            }
            if let models {
                forecasts += models.forecasts(row, position, network: said).map { restore($0, level) }
            } else {
                forecasts += Array(repeating: nil, count: LoadModels.count)
            }
            all.append(forecasts)
        }
        forecasts = targets.horizons.indices.map { give($0, all) }
        open.append(
            OpenForecast(
                minute: series.start + t,
                said: all,
                means: means,
                deviations: deviations,
                given: forecasts.map { Given(forecast: $0) }
            )
        )
        if open.count > targets.horizonMax { open.removeFirst(open.count - targets.horizonMax) }
    }

    /// From the log scale to requests, within what the past makes thinkable.
    private func restore(_ relative: Double, _ level: Double) -> Double {
        max(0, Elementary.exp(level + min(max(relative, -6), 3)) - 1)
    }

    private func give(_ horizon: Int, _ all: [[Double?]]) -> LoadForecast {
        let at = horizon * 3
        let mean = max(0, mixes[at].mix(all[at]))
        let largest = max(mean, mixes[at + 1].mix(all[at + 1]))
        let high = max(largest, mixes[at + 2].mix(all[at + 2]))
        let unit = Self.unit(largest, high)
        let q90 = max(largest, high + corrections[horizon].value * unit)
        return LoadForecast(
            horizon: targets.horizons[horizon],
            mean: mean,
            max: largest,
            maxQ90: q90,
            maxQ99: max(q90, q90 + extremes[horizon].value * unit)
        )
    }

    /// What corrections of quantiles are counted in: the distance of the quantile from the median, not below what chance makes of so
    /// many requests.
    private static func unit(_ median: Double, _ high: Double) -> Double {
        max(high - median, 0.5 * (median + 1).squareRoot())
    }

    // MARK: Learning from outcomes

    /// Holds what was said before against the minute at index `t`.
    private mutating func settle(_ t: Int) {
        for position in targets.all.indices {
            let target = targets.all[position]
            let origin = t - target.horizon
            guard let forecast = open.first(where: { $0.minute == series.start + origin }),
                let truth = targets.outcome(target, after: origin, in: series)
            else { continue }
            mixes[position].observe(forecast.said[position], truth: truth)
            guard target.quantity == .max else { continue }
            for index in smoothers.indices {
                let edge =
                    forecast.means[position][index]
                    + offsets[position][index].value * forecast.deviations[index]
                offsets[position][index].observe(isAbove: truth > edge)
            }
            guard target.level == 0.9 else { continue }
            let given = forecast.given[position / 3].forecast
            corrections[position / 3].observe(isAbove: truth > given.maxQ90)
            extremes[position / 3].observe(isAbove: truth > given.maxQ99)
        }
    }

    // MARK: Training

    /// Whether enough has come since the last training: an hour and a tenth of what was known then, at most twelve hours.
    package var isTrainingDue: Bool {
        guard let trainedAt else { return series.count >= LoadModels.rowsMin + targets.horizonMax + LoadFeatures.warmUp }
        return series.count - trainedAt >= min(max(60, trainedAt / 10), 720)
    }

    /// Trains on all that is known.
    ///
    /// The first training is rehearsed: models that know the first four fifths of the series forecast the last, so that the mix and the
    /// corrections start from outcomes. Later ones go on from there.
    package mutating func train(
        settings: LoadModels.Settings = .init(),
        progress: (LoadModels.Progress) -> Void = { _ in }
    ) {
        let length = series.count
        if models == nil, length >= 5 * LoadModels.rowsMin { rehearse(settings, progress) }
        guard
            let models = LoadModels(series, targets, settings: settings, before: models, progress: progress)
        else { return }
        self.models = models
        trainedAt = length
        remember(models)
    }

    private mutating func rehearse(_ settings: LoadModels.Settings, _ progress: (LoadModels.Progress) -> Void) {
        var rehearsal = LoadForecaster(targets: targets)
        let split = series.count * 4 / 5
        for t in 0..<series.count {
            rehearsal.observe(series.isMissing[t] ? nil : series.counts[t], minute: series.start + t)
            guard t == split else { continue }
            guard
                let models = LoadModels(
                    rehearsal.series,
                    targets,
                    settings: settings,
                    before: nil,
                    progress: progress
                )
            else { return }
            rehearsal.models = models
            rehearsal.remember(models)
        }
        (mixes, corrections, extremes) = (rehearsal.mixes, rehearsal.corrections, rehearsal.extremes)
    }

    /// Brings the network's memory to where it would be had it lived with the last hours.
    private mutating func remember(_ models: LoadModels) {
        memory = LSTM.State(units: models.network.lstm.units)
        var row: [Double] = []
        for t in max(LoadFeatures.warmUp, series.count - 241)..<max(LoadFeatures.warmUp, series.count) {
            LoadFeatures.row(series, t, &row)
            _ = models.network.step(models.network.scaling.scaled(row), &memory)
        }
    }
}
