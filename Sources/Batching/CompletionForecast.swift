/// When the requests of a queue will end: the batches that the batcher will make of them, laid one after the other onto the
/// executors (the predicted completion F of the admission rule).
///
/// Batches ahead are expected to take their usual time, a request's own its safe one: that is what the batcher lets it start by.
struct CompletionForecast: Equatable {
    private struct Batch: Equatable {
        var executor: Int
        var start: Duration
        var rows = 0
        var deadline = Duration.seconds(Int64.max / 2)
        var isIsolated = false
    }

    private let cap: Int
    /// When each executor has ended all batches laid onto it but the open one.
    private var free: [Duration]
    private var open: Batch

    /// - Parameters:
    ///   - free: when each executor will be free.
    ///   - cap: rows of a batch at most.
    init(free: [Duration], cap: Int) {
        self.free = free
        self.cap = cap
        open = Batch(executor: 0, start: .zero)
        open = Batch(executor: 0, start: free[0])
        open = next(after: free[0])
    }

    /// The next batch, on the executor that is free first when the open one's is from an instant on.
    private func next(after end: Duration) -> Batch {
        var next = Batch(executor: open.executor, start: end)
        for executor in free.indices where executor != open.executor {
            let start = free[executor]
            // Of several the first.
            if start < next.start || start == next.start && executor < next.executor {
                next.executor = executor
                next.start = start
            }
        }
        return next
    }

    /// When the open batch is expected to end.
    private func end(_ times: BatchTimes) -> Duration { open.start + times.expected(open.rows) }

    private func joins(_ request: QueuedRequest, _ times: BatchTimes) -> Bool {
        guard open.rows > 0 else { return true }
        let rows = open.rows + request.rows
        return !open.isIsolated && !request.isIsolated && rows <= cap
            && open.start + times.safe(rows) <= min(open.deadline, request.deadline)
    }

    /// When a request behind all that were placed would start, and how long its batch would take.
    ///
    /// - Parameter size: rows that its batch is going to have at least, with those that come after it.
    func position(
        of request: QueuedRequest,
        now: Duration,
        size: Int,
        _ times: BatchTimes
    ) -> (start: Duration, time: Duration) {
        if joins(request, times) {
            return (max(open.start, now), times.safe(max(size, open.rows + request.rows)))
        }
        return (max(next(after: end(times)).start, now), times.safe(max(size, request.rows)))
    }

    private mutating func close(_ times: BatchTimes) {
        let end = end(times)
        free[open.executor] = end
        open = next(after: end)
    }

    /// Places a request behind all others, and tells when it will end if nothing joins it.
    @discardableResult
    mutating func place(_ request: QueuedRequest, _ times: BatchTimes) -> Duration {
        if !joins(request, times) { close(times) }
        open.rows += request.rows
        open.deadline = min(open.deadline, request.deadline)
        open.isIsolated = request.isIsolated
        return open.start + times.safe(open.rows)
    }
}
