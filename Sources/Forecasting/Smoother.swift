/// A level that follows the load (EWMA; damped Holt; Holt-Winters with a day's season), and how far loads lie around it.
struct Smoother: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// The last value.
        case persistence
        case average(weight: Double)
        case trend(weight: Double, trendWeight: Double, damping: Double)
        /// Additive on the log scale, with a season of a day.
        case season(weight: Double, seasonWeight: Double)
    }

    static let all: [Kind] = [
        .persistence, .average(weight: 0.1), .average(weight: 0.3), .average(weight: 0.6),
        .trend(weight: 0.4, trendWeight: 0.05, damping: 0.9), .season(weight: 0.3, seasonWeight: 0.1),
    ]

    let kind: Kind
    private(set) var level: Double?
    private(set) var trend = 0.0
    /// Deviations by minute of the day, on the log scale.
    private(set) var season: [Float] = []
    /// The mean distance of loads from the level.
    private(set) var deviation = 0.0

    private static let day = 1440

    init(_ kind: Kind) {
        self.kind = kind
        if case .season = kind { season = Array(repeating: 0, count: Self.day) }
    }

    init(_ kind: Kind, level: Double?, trend: Double, season: [Float], deviation: Double) {
        (self.kind, self.level, self.trend, self.season, self.deviation) = (
            kind, level, trend, season, deviation
        )
    }

    mutating func observe(_ count: Double, minute: Int) {
        guard let level else {
            if case .season = kind { self.level = Elementary.log1p(count) } else { self.level = count }
            return
        }
        deviation += 0.05 * (abs(count - expected(0, minute: minute)) - deviation)
        switch kind {
        case .persistence: self.level = count
        case .average(let weight): self.level = level + weight * (count - level)
        case .trend(let weight, let trendWeight, let damping):
            let next = level + damping * trend
            let new = next + weight * (count - next)
            trend = damping * trend + trendWeight * (new - level - damping * trend)
            self.level = new
        case .season(let weight, let seasonWeight):
            let slot = minute % Self.day
            let z = Elementary.log1p(count)
            self.level = level + weight * (z - Double(season[slot]) - level)
            season[slot] += Float(seasonWeight * (z - level - Double(season[slot])))
        }
    }

    /// The mean load of the `horizon` minutes after `minute`.
    func mean(_ horizon: Int, minute: Int) -> Double {
        guard horizon > 0 else { return 0 }
        switch kind {
        case .persistence, .average: return max(0, level ?? 0)
        case .trend, .season:
            return max(
                0,
                (1...horizon).reduce(0) { $0 + expected($1, minute: minute + $1) } / Double(horizon)
            )
        }
    }

    private func expected(_ ahead: Int, minute: Int) -> Double {
        let level = level ?? 0
        switch kind {
        case .persistence, .average: return level
        case .trend(_, _, let damping):
            var (sum, factor) = (level, damping)
            for _ in 0..<ahead {
                sum += factor * trend
                factor *= damping
            }
            return sum
        case .season: return Elementary.exp(min(level + Double(season[minute % Self.day]), 28)) - 1
        }
    }
}
