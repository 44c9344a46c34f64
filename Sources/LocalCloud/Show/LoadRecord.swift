package import Wire

/// Requests of the cloud's by its minutes since the start, and what others would have asked for them.
package struct LoadRecord: Sendable {
    /// Dollars for the load of consecutive minutes, the last of which is over up to a share; with the mean time of a run on Lambda.
    package typealias Pricing =
        @Sendable (_ counts: [Double], _ share: Double, _ run: Duration?) ->
        Alternatives

    private let start: WallClock
    private let pricing: Pricing?
    /// Of the day under way.
    package private(set) var counts: [Double] = []
    private var firstMinute = 0
    private var earlier = Alternatives(lambda: 0, staticEC2: 0, sageMaker: 0)

    /// The simulation runs anew each second, so a day's load is as much as it is given; fleets begin each day afresh.
    private static let minutesMax = 1440

    package init(start: WallClock, pricing: Pricing?) { (self.start, self.pricing) = (start, pricing) }

    /// - Parameter requests: those of the cloud's that came.
    package mutating func add(_ requests: Double, run: Duration?, at now: WallClock) {
        let minute = Int(max(0, now - start) / 60_000) - firstMinute
        if minute >= Self.minutesMax {
            if let pricing { earlier = earlier + pricing(counts, 1, run) }
            firstMinute += minute
            counts = [requests]
            return
        }
        while counts.count <= minute { counts.append(0) }
        counts[minute] += requests
    }

    /// Until now, in dollars.
    package func alternatives(run: Duration?, at now: WallClock) -> Alternatives? {
        guard let pricing, !counts.isEmpty else { return nil }
        let share = Double(max(0, now - start) % 60_000) / 60_000
        return earlier + pricing(counts, share, run)
    }
}
