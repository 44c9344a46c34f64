/// Counts of latencies in buckets that grow with them, as HdrHistogram keeps them: all values up to days, each with the same relative
/// error.
package struct LatencyHistogram: Equatable, Sendable {
    /// Buckets of an octave; 1,024 give three digits.
    package let subBuckets: Int
    private let bits: Int
    private var counts: [Int]
    package private(set) var count = 0
    private var maxNanoseconds: Int64 = 0
    private var sum = 0.0
    private var squares = 0.0

    package var max: Duration { .nanoseconds(maxNanoseconds) }

    /// - Parameter bits: binary digits that are kept of a value: 10 for three decimal ones.
    package init(bits: Int = 10) {
        self.bits = bits
        subBuckets = 1 << bits
        counts = Array(repeating: 0, count: (64 - bits) << bits)
    }

    package mutating func record(_ value: Duration) { record(nanoseconds: value.nanoseconds) }

    package mutating func record(nanoseconds value: Int64) {
        let nanoseconds = Swift.max(0, value)
        counts[bucket(UInt64(nanoseconds))] += 1
        count += 1
        maxNanoseconds = Swift.max(maxNanoseconds, nanoseconds)
        sum += Double(nanoseconds)
        squares += Double(nanoseconds) * Double(nanoseconds)
    }

    /// Values below 2^(bits + 1) have a bucket each; above, an octave has 2^bits.
    private func bucket(_ value: UInt64) -> Int {
        let octave = Swift.max(0, 64 - bits - value.leadingZeroBitCount - 1)
        return octave << bits + Int(value >> UInt64(octave))
    }

    /// The largest value of a bucket, in nanoseconds.
    private func upperBound(_ bucket: Int) -> Int64 {
        let octave = Swift.max(0, bucket >> bits - 1)
        return (Int64(bucket - octave << bits) + 1) << Int64(octave) - 1
    }

    /// The value that a share of all values do not exceed; zero when there are none.
    package func percentile(_ share: Double) -> Duration {
        let wanted = Swift.max(1, Int((share * Double(count)).rounded(.up)))
        var seen = 0
        for (bucket, number) in counts.enumerated() where number > 0 {
            seen += number
            if seen >= wanted { return Swift.min(max, .nanoseconds(upperBound(bucket))) }
        }
        return .zero
    }

    package var mean: Duration { count > 0 ? .nanoseconds(Int64(sum / Double(count))) : .zero }

    package var standardDeviation: Duration {
        guard count > 0 else { return .zero }
        let mean = sum / Double(count)
        return .nanoseconds(Int64(Swift.max(0, squares / Double(count) - mean * mean).squareRoot()))
    }

    package mutating func add(_ other: LatencyHistogram) {
        precondition(bits == other.bits, "histograms of different precision")
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        maxNanoseconds = Swift.max(maxNanoseconds, other.maxNanoseconds)
        sum += other.sum
        squares += other.squares
    }

    /// How many values are at most the one of each step of a percentile distribution.
    ///
    /// - Parameter ticks: steps of each halving of the distance to 100 %.
    package func distribution(ticks: Int = 5) -> [(share: Double, value: Duration, count: Int)] {
        var points: [(share: Double, value: Duration, count: Int)] = []
        var seen = 0
        var share = 0.0
        for (bucket, number) in counts.enumerated() where number > 0 {
            seen += number
            let value = Swift.min(max, .nanoseconds(upperBound(bucket)))
            while share < 1, Double(seen) >= share * Double(count) {
                points.append((share, value, seen))
                let halvings = Int((1 / (1 - share)).exponent) + 1
                share += 1 / (Double(ticks) * Double(1 << Swift.min(halvings, 40)))
                if (1 - share) * Double(count) < 0.5 { share = 1 }
            }
        }
        if count > 0 { points.append((1, max, count)) }
        return points
    }
}

extension Duration {
    /// Whole nanoseconds; up to nine seconds without a division of 128 bits.
    package var nanoseconds: Int64 {
        if let attoseconds = Int64(exactly: attoseconds) { return attoseconds / 1_000_000_000 }
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
