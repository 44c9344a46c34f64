/// A request as the batcher sees it.
package struct QueuedRequest: Equatable, Sendable {
    /// Chosen by the caller: higher for each request than for those before it.
    package let id: UInt64
    /// Rows of the model's batch axis that it brings.
    package let rows: Int
    package let arrival: Duration
    /// When its batch must have ended: what the caller granted, less the margin.
    package let deadline: Duration
    /// 0 is the most important; under pressure higher ones are turned away first.
    package let priority: Int
    /// Whether it must run alone, as a request that shares no batch, or as one whose batch has failed.
    package var isIsolated: Bool

    package init(
        id: UInt64,
        rows: Int = 1,
        arrival: Duration,
        deadline: Duration,
        priority: Int = 0,
        isIsolated: Bool = false
    ) {
        precondition(rows > 0, "request \(id) has \(rows) rows: a request has at least one")
        self.id = id
        self.rows = rows
        self.arrival = arrival
        self.deadline = deadline
        self.priority = priority
        self.isIsolated = isIsolated
    }
}
