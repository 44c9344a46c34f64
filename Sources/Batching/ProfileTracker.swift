/// Holds a latency profile against the runs that really happen.
package struct ProfileTracker: Equatable, Sendable {
    /// Observed over predicted, as an exponentially weighted mean: g in the admission rule.
    package private(set) var bias = 1.0
    /// What the profile is multiplied with, at least 1, once runs are slower than it says.
    package private(set) var inflation = 1.0

    /// Standard deviation of observed over predicted.
    package var spread: Double { variance.squareRoot() }

    private let profile: LatencyProfile
    private var variance = 0.0
    /// The last runs by size class: observed over the profile's time.
    private var recent: [[Double]]
    /// The runs in a row that exceeded the inflated profile.
    private var streak: [Double] = []

    private static let biasRange = 0.8...2.0
    private static let inflationMax = 10.0
    private static let kept = 10

    package init(_ profile: LatencyProfile) {
        self.profile = profile
        recent = Array(repeating: [], count: Int.bitWidth)
    }

    /// - Returns: whether the inflation changed.
    @discardableResult
    package mutating func observe(rows: Int, time: Duration) -> Bool {
        let ratio = time / profile[rows]
        let before = inflation
        remember(ratio, rows)
        if ratio > inflation * 1.1 {
            streak.append(ratio)
            if streak.count == 3 {
                inflation = min(Self.inflationMax, streak.max() ?? inflation)
                streak = []
            }
        } else {
            streak = []
            deflate(rows)
        }
        let newest = min(max(ratio / inflation, 0), 4)
        variance += 0.1 * ((newest - bias) * (newest - bias) - variance)
        bias = min(max(bias + 0.1 * (newest - bias), Self.biasRange.lowerBound), Self.biasRange.upperBound)
        return inflation != before
    }

    private mutating func remember(_ ratio: Double, _ rows: Int) {
        let size = Self.sizeClass(rows)
        if recent[size].count == Self.kept { recent[size].removeFirst() }
        recent[size].append(ratio)
    }

    /// Goes back once ten runs of a size were all faster.
    private mutating func deflate(_ rows: Int) {
        let runs = recent[Self.sizeClass(rows)]
        guard inflation > 1, runs.count == Self.kept, let slowest = runs.max() else { return }
        inflation = max(1, min(inflation, slowest))
    }

    private static func sizeClass(_ rows: Int) -> Int { Int.bitWidth - 1 - rows.leadingZeroBitCount }
}
