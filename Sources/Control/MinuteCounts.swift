package import AWS
package import Wire

/// Requests by minute as far as CloudWatch can know them.
///
/// A minute's count is complete some time after its end, and a minute without requests has no count at all: what is missing is not known
/// yet while it is young, and zero once it is old, or once a later minute is known.
package struct MinuteCounts: Equatable, Sendable {
    /// Minutes since 1970, rising, without gaps.
    package let first: Int
    package let counts: [Double]

    /// How much later than a count that is there the absence of one is believed.
    package static let silence = Duration.seconds(120)

    package var last: Int { first + counts.count - 1 }

    /// - Parameters:
    ///   - points: sums of minutes.
    ///   - first: the minute from which on they were asked for.
    ///   - delay: after its end, until a count that is there is complete.
    package init(_ points: [CloudWatch.Point], from first: Int, now: WallClock, delay: Duration) {
        let complete = Self.lastEnded(by: now, before: delay)
        var known: [Int: Double] = [:]
        for point in points {
            known[point.time.minute, default: 0] += point.value
        }
        let newest = known.keys.filter { $0 <= complete }.max() ?? .min
        let last = max(newest, Self.lastEnded(by: now, before: delay + Self.silence))
        self.first = first
        counts = last < first ? [] : (first...last).map { known[$0] ?? 0 }
    }

    /// The last minute that ended so long ago.
    private static func lastEnded(by now: WallClock, before delay: Duration) -> Int {
        Int(((now.seconds - delay / .seconds(1)) / 60).rounded(.down)) - 1
    }
}
