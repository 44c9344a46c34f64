/// The rate at which rows arrive, as an exponentially weighted mean of the gaps between them.
package struct ArrivalRate: Equatable, Sendable {
    /// Weight of the newest gap: the mean looks back over about twenty requests, a few batches.
    private static let weight = 0.05

    private var gap: Double?
    private var last: Duration?
    private var rows = 1.0

    package init() {}

    package mutating func observe(rows count: Int, now: Duration) {
        defer { last = now }
        guard let last else { return }
        let newest = max(0, (now - last).inSeconds)
        gap = gap.map { $0 + Self.weight * (newest - $0) } ?? newest
        rows += Self.weight * (Double(count) - rows)
    }

    /// Rows per second; 0 before the second request.
    package func perSecond(now: Duration) -> Double {
        guard let gap, let last else { return 0 }
        // A silence that is longer than the mean gap is news as well.
        let silence = (now - last).inSeconds
        return rows / max(gap, silence, 1e-9)
    }
}
