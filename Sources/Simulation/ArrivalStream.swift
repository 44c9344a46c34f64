import Forecasting
import Seeded

/// The instants at which the requests of one minute come, drawn at once.
///
/// Given its number of requests, a Poisson process puts them at independent, uniform instants. Those are drawn in order, without sorting:
/// the gaps between n sorted uniform numbers are n + 1 exponential ones over their sum (Devroye 1986, chapter V.3).
package struct ArrivalStream {
    /// Nanoseconds, ascending.
    package private(set) var instants: [Int64] = []
    private var gaps: [Double] = []
    private var generator: SeededGenerator

    package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Draws a minute that begins at an instant.
    ///
    /// - Parameter expected: requests; of a fraction there is one with that probability.
    package mutating func draw(expected: Double, start: Int64) {
        instants.removeAll(keepingCapacity: true)
        gaps.removeAll(keepingCapacity: true)
        let count = Int(expected) + (generator.unit() < expected - expected.rounded(.down) ? 1 : 0)
        guard count > 0 else { return }
        var sum = 0.0
        for _ in 0..<count {
            sum -= Elementary.log(1 - generator.unit())
            gaps.append(sum)
        }
        sum -= Elementary.log(1 - generator.unit())
        let scale = 60e9 / sum
        for gap in gaps { instants.append(start + Int64(gap * scale)) }
    }
}
