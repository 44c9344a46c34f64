import DequeModule

/// Finds refused requests that could have been served, as executors fell idle in time for them.
struct VainRefusals: Equatable, Sendable {
    private let policy: BatchingPolicy
    /// In the order in which they came; the oldest make room.
    private var refused: Deque<QueuedRequest> = []
    /// Whether this idle time was counted already.
    private var isCounted = false

    private static let kept = 1024

    init(_ policy: BatchingPolicy) { self.policy = policy }

    mutating func refused(_ request: QueuedRequest, now: Duration) {
        if refused.count == Self.kept { refused.removeFirst() }
        refused.append(request)
    }

    /// A batch has begun.
    mutating func busy() { isCounted = false }

    /// Executors are idle and nothing waits.
    ///
    /// - Returns: how many refused requests they could have taken: a batch each.
    mutating func idle(executors: Int, now: Duration) -> Int {
        guard !isCounted, !refused.isEmpty else { return 0 }
        isCounted = true
        refused.removeAll { now + policy.profile[$0.rows] > $0.deadline }
        let served = min(refused.count, executors * policy.sizeCap)
        refused.removeFirst(served)
        return served
    }
}
