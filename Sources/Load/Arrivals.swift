import Glibc
import Seeded

/// When requests are to be sent: an open loop, which does not wait for answers.
package struct Arrivals: Sendable {
    package enum Pattern: Equatable, Sendable {
        /// Independent requests at a mean rate.
        case poisson(perSecond: Double)
        case constant(perSecond: Double)
        /// Counts of consecutive minutes, each spread over its minute at random.
        ///
        /// With `speed` 60 a minute lasts a second; `scale` multiplies the counts.
        case trace([Int], speed: Double, scale: Double)
    }

    private let pattern: Pattern
    private var generator: SeededGenerator
    private var time = 0.0
    private var index = 0
    /// Times of the minute under way, descending.
    private var minute: [Double] = []

    package init(_ pattern: Pattern, seed: UInt64) {
        self.pattern = pattern
        generator = SeededGenerator(seed: seed)
    }

    /// The next request's time after the start; nil at the end of a trace.
    package mutating func next() -> Duration? {
        switch pattern {
        case .poisson(let rate): time += -log(1 - generator.unit()) / rate
        case .constant(let rate):
            time = Double(index) / rate
            index += 1
        case .trace(let counts, let speed, let scale):
            while minute.isEmpty {
                guard index < counts.count else { return nil }
                minute = draw(
                    Double(counts[index]) * scale,
                    start: Double(index) * 60 / speed,
                    length: 60 / speed
                )
                index += 1
            }
            time = minute.removeLast()
        }
        return .nanoseconds(Int64(time * 1e9))
    }

    /// Uniform times, given their number, are what a Poisson process is inside a minute.
    private mutating func draw(_ expected: Double, start: Double, length: Double) -> [Double] {
        // The fraction of a request is one with that probability.
        let count = Int(expected) + (generator.unit() < expected - expected.rounded(.down) ? 1 : 0)
        var times: [Double] = []
        times.reserveCapacity(count)
        for _ in 0..<count { times.append(start + length * generator.unit()) }
        return times.sorted(by: >)
    }
}
