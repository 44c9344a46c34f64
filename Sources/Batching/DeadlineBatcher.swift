/// Makes batches of requests so that each ends before its deadline, and waits for fuller ones only as long as that is safe.
///
/// MArk (section 4.2) dispatches once `W + T_b <= RT_max` or the batch is full, with one W for an instance type. Here each batch
/// waits until its last safe start: the deadline of its most urgent request less the time of a batch with one row more. With t(b)
/// exact and jitter within the margin, no request that was admitted ends late.
///
/// A value without clock or threads: after each event `poll` until it returns nil.
package struct DeadlineBatcher: Equatable, Sendable {
    package enum Action: Equatable, Sendable {
        case run(Batch)
        case turnAway(QueuedRequest, Refusal)
        /// Poll again then; earlier promises are void.
        case wake(at: Duration)
    }

    package enum Order: Equatable, Sendable {
        case earliestDeadline
        /// For when what waits is late anyway: the newest can still be served in time.
        case newestFirst
    }

    package struct Running: Equatable, Sendable {
        package let batch: Batch
        /// When it is expected to end.
        package let end: Duration
    }

    package let policy: BatchingPolicy
    package internal(set) var queue = RequestQueue()
    /// What each executor runs; nil for an idle one.
    package private(set) var executors: [Running?]
    /// Rows of the batches that run: kept, as the sum would be asked for by every request.
    package private(set) var rowsRunning = 0
    /// How many executors run nothing; kept for the same reason.
    private(set) var idle: Int
    package private(set) var tracker: ProfileTracker
    package private(set) var rate = ArrivalRate()
    package var order = Order.earliestDeadline { didSet { if order != oldValue { forecast = nil } } }
    /// Whether to wait for nothing any more.
    package var isDraining = false

    /// Misses that the objective still allows, for requests dropped early.
    var missesLeft = 0.0
    var armed: Duration?
    var times: BatchTimes
    /// Where the queue's requests will end; nil when something has happened that it does not know.
    var forecast: CompletionForecast?

    package init(_ policy: BatchingPolicy) {
        self.policy = policy
        executors = Array(repeating: nil, count: policy.executors)
        idle = policy.executors
        tracker = ProfileTracker(policy.profile)
        times = BatchTimes(policy, tracker)
    }

    // MARK: Counts

    package var rowsInFlight: Int { queue.rows + rowsRunning }
    /// Executors without a batch; nil when there are none.
    package var idleExecutors: Int? { idle > 0 ? idle : nil }
    package var isIdle: Bool { queue.isEmpty && idle == executors.count }

    // MARK: Events

    /// A request was admitted.
    package mutating func add(_ request: QueuedRequest) { enqueue(request) }

    /// A request has come, whether it is admitted or not.
    package mutating func observeArrival(rows: Int, now: Duration) { rate.observe(rows: rows, now: now) }

    private mutating func enqueue(_ request: QueuedRequest) {
        if queue.endsBefore(request) {
            forecast?.place(request, times)
        } else {
            forecast = nil
        }
        queue.insert(request)
    }

    /// An executor has run its batch.
    package mutating func finish(executor: Int, now: Duration) -> Batch {
        let batch = end(executor)
        missesLeft = min(missesLeft + policy.missBudget * Double(batch.requests.count), 10)
        tracker.observe(rows: batch.rows, time: now - batch.start)
        if times.inflation != tracker.inflation || abs(times.bias - tracker.bias) > 0.01 {
            times = BatchTimes(policy, tracker)
        }
        return batch
    }

    /// An executor's batch failed.
    ///
    /// One bad request fails its whole batch, so each is queued again to run alone; the batch of one is the culprit's.
    /// - Returns: the request that failed by itself, if it was one.
    package mutating func fail(executor: Int, now: Duration) -> QueuedRequest? {
        let batch = end(executor)
        guard batch.requests.count > 1 else { return batch.requests.first }
        for var request in batch.requests {
            request.isIsolated = true
            // The next poll turns away whom no time is left for.
            enqueue(request)
        }
        return nil
    }

    mutating func run(_ batch: Batch) {
        executors[batch.executor] = Running(batch: batch, end: batch.start + batch.predicted)
        rowsRunning += batch.rows
        idle -= 1
        forecast = nil
    }

    private mutating func end(_ executor: Int) -> Batch {
        guard let running = executors[executor] else {
            preconditionFailure("executor \(executor) runs nothing")
        }
        executors[executor] = nil
        rowsRunning -= running.batch.rows
        idle += 1
        forecast = nil
        return running.batch
    }

    /// The caller of a request that waits is gone.
    ///
    /// - Returns: whether it was still waiting.
    package mutating func cancel(_ id: UInt64) -> Bool {
        forecast = nil
        return queue.remove(id: id) != nil
    }

    /// Takes the least important request that waits out of the queue, if it is less important than `priority`.
    package mutating func displace(below priority: Int) -> QueuedRequest? {
        guard let victim = queue.removeLeastImportant(than: priority) else { return nil }
        forecast = nil
        return victim
    }

    /// Puts a displaced request back.
    package mutating func restore(_ request: QueuedRequest) { enqueue(request) }
}
