package import Histograms

/// The latencies of the last 10 to 20 seconds: a window that is full and one that fills.
package struct RecentLatencies: Equatable, Sendable {
    private static let window = Duration.seconds(10)
    /// Sixteen buckets of an octave: a latency is known within 6 %, and a window takes 8 kB.
    private static let bits = 4

    private var full = LatencyHistogram(bits: bits)
    private var filling = LatencyHistogram(bits: bits)
    private var since = Duration.zero

    package init() {}

    package mutating func record(_ latency: Duration, now: Duration) {
        turn(now)
        filling.record(latency)
    }

    /// Those that are recent at an instant.
    package func all(now: Duration) -> LatencyHistogram {
        var copy = self
        copy.turn(now)
        copy.full.add(copy.filling)
        return copy.full
    }

    /// Begins a new window when the last one is full.
    private mutating func turn(_ now: Duration) {
        let age = now - since
        guard age >= Self.window else { return }
        full = age < Self.window * 2 ? filling : LatencyHistogram(bits: Self.bits)
        filling = LatencyHistogram(bits: Self.bits)
        since = now
    }
}
