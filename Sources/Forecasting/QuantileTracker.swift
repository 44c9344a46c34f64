/// Follows a quantile of a stream by steps of the pinball loss: up by `rate x level` when the truth lies above, down by
/// `rate x (1 - level)` when not. In the long run exactly `level` of the truths lie below, whatever the stream
/// (Gibbs and Candes 2021).
struct QuantileTracker: Equatable, Sendable {
    let level: Double
    let range: ClosedRange<Double>
    private(set) var value: Double
    private var seen = 0.0

    init(level: Double, start: Double = 0, range: ClosedRange<Double> = -2...10) {
        (self.level, self.range, value) = (level, range, start)
    }

    init(level: Double, range: ClosedRange<Double>, value: Double, seen: Double) {
        (self.level, self.range, self.value, self.seen) = (level, range, value, seen)
    }

    var count: Double { seen }

    mutating func observe(isAbove: Bool) {
        seen += 1
        // Long steps at first.
        let rate = max(Self.rate, 1 / (seen + 4).squareRoot())
        value += rate * (level - (isAbove ? 0 : 1))
        value = min(max(value, range.lowerBound), range.upperBound)
    }

    private static let rate = 0.03
}
