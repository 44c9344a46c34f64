/// Tells when to serve the newest requests first.
///
/// As CoDel does (Nichols and Jacobson 2012), it takes a queue for standing when not even the luckiest request of a second waited
/// for less than a quarter of the objective. Unlike a queue of packets, this one may be long on purpose: the bouncer admits exactly
/// what it can serve in time, and in that case first come, first served loses nothing, where newest first would lose a third of what
/// was admitted. Only when most of the admitted requests end late all the same, as with a profile far too good for the machine, does
/// the order change: then the oldest are lost anyway, and the newest can still be served.
struct QueueDelay: Equatable, Sendable {
    let limit: Duration

    /// Since when every batch has waited longer than the limit.
    private var standingSince: Duration?
    /// The share of admitted requests that ended late, as an exponentially weighted mean.
    private var lateShare = 0.0
    private var isNewestFirst = false

    private static let patience = Duration.seconds(1)
    private static let lateMax = 0.5
    /// Weight of the newest request: the mean looks back over about a hundred.
    private static let weight = 0.01

    init(limit: Duration) { self.limit = limit }

    /// A batch has left the queue.
    mutating func left(_ batch: Batch, now: Duration) {
        guard !isNewestFirst else { return }
        standingSince = batch.waitMin > limit ? standingSince ?? now : nil
    }

    /// An admitted request has ended.
    mutating func ended(late: Bool) { lateShare += Self.weight * ((late ? 1 : 0) - lateShare) }

    mutating func order(queue: RequestQueue, now: Duration) -> DeadlineBatcher.Order {
        if isNewestFirst {
            // Over once the oldest has hardly waited.
            if queue.first.map({ now - $0.arrival < limit }) ?? true {
                isNewestFirst = false
                standingSince = nil
            }
        } else if let standingSince, now - standingSince >= Self.patience, lateShare > Self.lateMax {
            isNewestFirst = true
        }
        return isNewestFirst ? .newestFirst : .earliestDeadline
    }
}
