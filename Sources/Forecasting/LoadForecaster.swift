/// Forecasts the load of the next minutes: tell it each minute's requests, and ask.
///
/// Simple smoothers run from the first minute on; once there is enough to learn from, `train` adds a linear quantile model, boosted
/// trees and an LSTM. Each target is forecast by the mix of all of them that was best of late, and the upper quantiles are corrected by
/// how often they were exceeded. A value: the same minutes, trainings and seed give the same forecasts everywhere.
package struct LoadForecaster: Equatable, Sendable {
    package let targets: LoadTargets
    package internal(set) var series = LoadSeries()
    /// Of the last minute; empty before the first.
    package internal(set) var forecasts: [LoadForecast] = []
    package internal(set) var models: LoadModels?
    /// Last minute that was known at the last training.
    package internal(set) var trainedMinute: Int?

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
        // [target][forecaster]
        let said: [[Double?]]
        /// [target][smoother], mean and deviation, that the offsets are learnt on.
        let means: [[Double]]
        let deviations: [Double]
        /// As they were given.
        let forecasts: [LoadForecast]
    }

    package static let names =
        ["persistence", "ewma 0.1", "ewma 0.3", "ewma 0.6", "holt", "holt-winters"] + LoadModels.names

    package init(targets: LoadTargets = LoadTargets()) {
        self.targets = targets
        offsets = targets.all.map { target in
            let tracker = QuantileTracker(
                level: target.level,
                rates: .fast,
                start: target.level > 0.5 ? 1.5 : 0.5
            )
            return Smoother.all.map { _ in tracker }
        }
        mixes = targets.all.map { ForecastMix(level: $0.level, prior: Self.startWeights) }
        corrections = targets.horizons.map { QuantileTracker(level: 0.9, rates: .slow(horizon: $0)) }
        extremes = targets.horizons.map {
            QuantileTracker(level: 0.99, rates: .slow(horizon: $0), start: 1)
        }
    }

    /// What was learnt, without the series that it was learnt from: to begin with on another day or another function.
    package var restarted: LoadForecaster {
        var forecaster = LoadForecaster(targets: targets)
        (forecaster.models, forecaster.mixes) = (models, mixes)
        (forecaster.corrections, forecaster.extremes) = (corrections, extremes)
        forecaster.memory = LSTM.State(units: models?.network.lstm.units ?? 0)
        return forecaster
    }

    /// Learned models are believed more than smoothers until the outcomes say who is right.
    private static let startWeights: [Double] = {
        let smoother = 0.18 / Double(Smoother.all.count)
        return Smoother.all.map { _ in smoother } + [0.12, 0.61, 0.09]
    }()

    /// What each forecaster of the mix last said: [target][forecaster], in the order of `names`.
    package var parts: [[Double?]] { open.last?.said ?? [] }

    /// What each forecaster is worth to the mix of a target, in the order of `names`; the sum is 1.
    package func weights(_ target: Int) -> [Double] { mixes[target].weights }

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
        case .restart:
            self = restarted
            observe(count, minute: minute)
            return .restart
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
        let learned = forecastsOfModels(t)
        let deviations = smoothers.map { max($0.deviation, 0.1) }
        var (all, means): ([[Double?]], [[Double]]) = ([], [])
        for (position, target) in targets.all.enumerated() {
            let smooth = smoothers.map { $0.mean(target.horizon, minute: series.start + t) }
            means.append(smooth)
            let raised = smoothers.indices.map { index in
                guard target.quantity == .max else { return smooth[index] }
                return max(0, smooth[index] + offsets[position][index].value * deviations[index])
            }
            all.append(raised + learned[position])
        }
        forecasts = targets.horizons.indices.map { give($0, all) }
        open.append(
            OpenForecast(
                minute: series.start + t,
                said: all,
                means: means,
                deviations: deviations,
                forecasts: forecasts
            )
        )
        if open.count > targets.horizonMax { open.removeFirst(open.count - targets.horizonMax) }
    }

    /// [target][model], nil while there are none.
    private mutating func forecastsOfModels(_ t: Int) -> [[Double?]] {
        guard let models else {
            return targets.all.map { _ in Array(repeating: nil, count: LoadModels.count) }
        }
        var row: [Double] = []
        LoadFeatures.row(series, t, &row)
        let said = models.network.step(models.network.scaling.scaled(row), &memory)
        let level = LoadFeatures.level(series, t)
        return targets.all.indices.map { position in
            models.forecasts(row, position, network: said).map { restore($0, level) }
        }
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
        for (position, target) in targets.all.enumerated() {
            let origin = t - target.horizon
            guard let said = open.first(where: { $0.minute == series.start + origin }),
                let truth = targets.outcome(target, after: origin, in: series)
            else { continue }
            mixes[position].observe(said.said[position], truth: truth)
            guard target.quantity == .max else { continue }
            for index in smoothers.indices {
                let raise = offsets[position][index].value * said.deviations[index]
                offsets[position][index].observe(isAbove: truth > said.means[position][index] + raise)
            }
            guard target.level == 0.9 else { continue }
            let given = said.forecasts[position / 3]
            corrections[position / 3].observe(isAbove: truth > given.maxQ90)
            extremes[position / 3].observe(isAbove: truth > given.maxQ99)
        }
    }
}
