/// A histogram with fixed bounds, as Prometheus keeps them: how many values are at most each bound.
package struct DurationHistogram: Equatable, Sendable {
    /// Upper bounds, ascending; a last one without bound is understood.
    package let bounds: [Duration]
    /// Values between a bound and the one before it; the last is for those above all bounds.
    package private(set) var counts: [Int]
    package private(set) var sum = Duration.zero

    package var count: Int { counts.reduce(0, +) }

    package init(bounds: [Duration]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// For latencies: 0.1 ms to 10 s.
    package init() {
        self.init(
            bounds: [100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000].map {
                .microseconds($0)
            } + [1, 2.5, 5, 10].map { .seconds($0) }
        )
    }

    package mutating func record(_ value: Duration) {
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        counts[index] += 1
        sum += value
    }
}
