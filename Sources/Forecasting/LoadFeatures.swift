/// What the learned models see of a series at a minute: log loads relative to the level of the last ten minutes, so that a model
/// knows shapes and not sizes.
struct LoadFeatures {
    private static let lags = Array(0..<15) + [19, 24, 29, 39, 49, 59]
    private static let meanWindows = [3, 5, 10, 15, 20, 30, 60, 120, 240]
    private static let maxWindows = [5, 10, 15, 30, 60]
    private static let minWindows = [5, 10, 15, 30]
    private static let deviationWindows = [10, 30, 60]
    /// Weights of exponential means over the last four hours.
    private static let meanWeights = [0.03, 0.1, 0.3]
    /// The minutes after t, a day or a week earlier.
    private static let seasonalWindows = [5, 10, 15, 30]
    private static let seasons = [1440, 10_080]
    /// Columns of each season: its level, then per window the mean relative to both levels, then two maxima.
    private static let perSeason = 1 + 2 * seasonalWindows.count + 2
    private static let perMinute =
        lags.count + meanWindows.count + maxWindows.count + minWindows.count + deviationWindows.count
        + meanWeights.count
    /// The level, four names of the minute, and two circles.
    private static let calendar = 9
    private static let circles = 4

    static let count = perMinute + calendar + seasons.count * perSeason
    /// Minute of the day and the hour and the like: names, not numbers, to a linear model.
    static let calendarColumns = (perMinute + 1)..<(perMinute + calendar - circles)
    /// Minutes before which most windows are empty.
    static let warmUp = 15

    /// The level at index `t`: log1p of the mean of the last ten minutes.
    static func level(_ series: LoadSeries, _ t: Int) -> Double {
        let range = max(0, t - 9)...t
        return Elementary.log1p(series.counts[range].reduce(0, +) / Double(range.count))
    }

    /// The row of index `t`; what the past is too short for is NaN.
    static func row(_ series: LoadSeries, _ t: Int, _ row: inout [Double]) {
        let base = level(series, t)
        row.removeAll(keepingCapacity: true)
        for lag in lags {
            row.append(t >= lag ? Elementary.log1p(series.counts[t - lag]) - base : .nan)
        }
        windows(series, t, base, &row)
        means(series, t, base, &row)
        let minute = series.start + t
        row.append(base)
        row.append(series.count >= 2160 ? Double(minute % 1440) : .nan)
        row.append(Double(minute % 60))
        row.append(Double(minute % 10))
        row.append(series.count >= 8 * 1440 ? Double(minute / 1440 % 7) : .nan)
        let turns = series.count >= 2160 ? Double(minute % 1440) / 1440 : .nan
        row.append(Elementary.sine(turns: turns))
        row.append(Elementary.cosine(turns: turns))
        row.append(Elementary.sine(turns: Double(minute % 60) / 60))
        row.append(Elementary.cosine(turns: Double(minute % 60) / 60))
        for season in seasons { seasonal(series, t - season, base, &row) }
    }

    /// What the network sees: the last three minutes, half an hour and hour against the level, how restless the load is, its extremes,
    /// the calendar, and the next minutes a day ago.
    static let networkColumns: [Int] = {
        let means = lags.count
        let maxima = means + meanWindows.count
        let minima = maxima + maxWindows.count
        let deviations = minima + minWindows.count
        let day = perMinute + calendar
        return [0, 1, 2] + [
            means + 5, means + 6, means + 8, maxima + 2, minima + 2, deviations, deviations + 2,
            deviations + 4,
        ]
            + Array((perMinute + calendar - circles)..<(perMinute + calendar)) + [
                day + 2, day + 4, day + 6, day + 9,
            ]
    }()

    private static func means(_ series: LoadSeries, _ t: Int, _ base: Double, _ row: inout [Double]) {
        for weight in meanWeights {
            var mean = series.counts[max(0, t - 239)]
            for index in max(0, t - 239)...t { mean += weight * (series.counts[index] - mean) }
            row.append(Elementary.log1p(mean) - base)
        }
    }

    private static func windows(_ series: LoadSeries, _ t: Int, _ base: Double, _ row: inout [Double]) {
        let (means, maxima) = (row.count, row.count + meanWindows.count)
        let minima = maxima + maxWindows.count
        let deviations = minima + minWindows.count
        row.append(contentsOf: repeatElement(.nan, count: deviations + deviationWindows.count - means))
        var (sum, largest, least) = (0.0, 0.0, Double.infinity)
        var (logSum, squares) = (0.0, 0.0)
        for width in 1...min(t + 1, 240) {
            let count = series.counts[t - width + 1]
            sum += count
            largest = max(largest, count)
            least = min(least, count)
            if width <= 60 {
                let z = Elementary.log1p(count) - base
                logSum += z
                squares += z * z
            }
            if let i = meanWindows.firstIndex(of: width) {
                row[means + i] = Elementary.log1p(sum / Double(width)) - base
            }
            if let i = maxWindows.firstIndex(of: width) { row[maxima + i] = Elementary.log1p(largest) - base }
            if let i = minWindows.firstIndex(of: width) { row[minima + i] = Elementary.log1p(least) - base }
            if let i = deviationWindows.firstIndex(of: width) {
                let mean = logSum / Double(width)
                row[deviations + i] = max(0, squares / Double(width) - mean * mean).squareRoot()
            }
        }
    }

    /// The minutes after index `t`, which lies a season back: they are known already.
    private static func seasonal(_ series: LoadSeries, _ t: Int, _ base: Double, _ row: inout [Double]) {
        guard t >= 29 else {
            row.append(contentsOf: repeatElement(.nan, count: perSeason))
            return
        }
        let before = Elementary.log1p(series.counts[(t - 29)...t].reduce(0, +) / 30)
        row.append(base - before)
        for window in seasonalWindows {
            let mean = Elementary.log1p(series.counts[(t + 1)...(t + window)].reduce(0, +) / Double(window))
            row.append(mean - before)
            row.append(mean - base)
        }
        for window in [5, 15] {
            row.append(Elementary.log1p(series.counts[(t + 1)...(t + window)].max() ?? 0) - before)
        }
    }
}
