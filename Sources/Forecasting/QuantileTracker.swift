/// Follows a quantile of a stream by steps of the pinball loss.
///
/// Up by `rate x level` when the truth lies above, down by `rate x (1 - level)` when not. In the long run exactly `level` of the
/// truths lie below, whatever the stream (Gibbs and Candes 2021).
package struct QuantileTracker: Equatable, Sendable {
    /// Steps are long at first and get shorter.
    package struct Rates: Equatable, Sendable {
        let first: Double
        let last: Double

        /// For what nothing is known of.
        package static let fast = Rates(first: 0.5, last: 0.03)
        /// For a correction of what is nearly right, `horizon` minutes ahead.
        ///
        /// A long horizon's maxima overlap, so that its misses come in rows and the share has to be brought back sooner.
        package static func slow(horizon: Int) -> Rates {
            Rates(first: 0.05, last: 0.0035 + 0.0003 * Double(horizon))
        }
    }

    package let level: Double
    package let rates: Rates
    package private(set) var value: Double
    package private(set) var seen = 0.0

    private static let range = -2.0...10.0

    package init(level: Double, rates: Rates, start: Double = 0, seen: Double = 0) {
        (self.level, self.rates, value, self.seen) = (level, rates, start, seen)
    }

    package mutating func observe(isAbove: Bool) {
        let rate = max(rates.last, rates.first / (1 + seen / 4).squareRoot())
        seen += 1
        value += rate * (level - (isAbove ? 0 : 1))
        value = min(max(value, Self.range.lowerBound), Self.range.upperBound)
    }
}
