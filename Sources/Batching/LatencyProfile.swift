/// t(b): how long an executor takes for a batch of b rows.
///
/// Made from measured points, it is linear between them and never decreases: a larger batch that was measured faster than a
/// smaller one was lucky (MArk, section 4.2, profiles its batches the same way, without the fix).
package struct LatencyProfile: Equatable, Sendable {
    /// Time of b rows at index b - 1.
    private let times: [Duration]

    /// The largest batch that was measured.
    package var sizeMax: Int { times.count }

    /// - Parameter points: batch sizes and their latency, best the p99 of warm runs, in any order. Below the first one the
    ///   time is the first one's.
    package init(_ points: [(size: Int, latency: Duration)]) throws(InvalidProfile) {
        let points = points.sorted { $0.size < $1.size }
        guard let first = points.first, let last = points.last else { throw .empty }
        for point in points where !Self.sizes.contains(point.size) { throw .size(point.size) }
        for point in points where point.latency <= .zero { throw .latency(point.latency, size: point.size) }
        for (one, other) in zip(points, points.dropFirst()) where one.size == other.size {
            throw .repeated(one.size)
        }
        var times = [Duration](repeating: first.latency, count: first.size)
        times.reserveCapacity(last.size)
        for (low, high) in zip(points, points.dropFirst()) {
            for size in (low.size + 1)...high.size {
                let share = Double(size - low.size) / Double(high.size - low.size)
                times.append(max(times[size - 2], low.latency + (high.latency - low.latency) * share))
            }
        }
        self.times = times
    }

    /// The time of a batch; sizes that were not measured take as long in proportion to the largest that was.
    package subscript(rows: Int) -> Duration {
        precondition(rows > 0, "a batch has at least one row, not \(rows)")
        guard rows > times.count else { return times[rows - 1] }
        return times[times.count - 1] * (Double(rows) / Double(times.count))
    }

    /// Rows per second of one executor that runs batches of this size without a pause.
    package func throughput(_ rows: Int) -> Double { Double(rows) / (self[rows] / .seconds(1)) }

    private static let sizes = 1...65_536
}

/// Why a latency profile is refused.
package enum InvalidProfile: Error, Equatable, CustomStringConvertible {
    case empty
    case size(Int)
    case latency(Duration, size: Int)
    case repeated(Int)

    package var description: String {
        switch self {
        case .empty: "the profile has no batch size; measure one with `mark profile`"
        case .size(let size): "batch size is \(size); expected 1 to 65536"
        case .latency(let latency, let size):
            "the latency of batch size \(size) is \(latency); expected more than 0"
        case .repeated(let size): "batch size \(size) is there twice; keep one of them"
        }
    }
}
