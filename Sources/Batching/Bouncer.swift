import DequeModule

/// Admits what can be served in time and refuses the rest at once, in front of a batcher.
///
/// A server that accepts everything answers nothing in time once it gets more than it can do: its queue grows until every
/// answer is late. A refusal costs the caller nothing but the way to another backend.
///
/// The one value that a backend's shell and the simulator drive: tell it what happened, then `poll` until it returns nil.
package struct Bouncer: Equatable, Sendable {
    package typealias Action = DeadlineBatcher.Action

    package private(set) var batcher: DeadlineBatcher
    package private(set) var counts = Counts()
    /// No new work is taken; what was admitted is served.
    package private(set) var isDraining = false

    /// Admitted requests that lost their places to more important ones.
    private var displaced: Deque<QueuedRequest> = []
    private var delay: QueueDelay
    /// What admission keeps free before deadlines, learnt from requests that were late all the same.
    private var reserve: AdmissionReserve
    private var vain: VainRefusals

    /// What became of requests, for metrics.
    package struct Counts: Equatable, Sendable {
        package var admitted = 0
        package var served = 0
        /// Admitted, but served late or turned away.
        package var late = 0
        /// Of those, turned away: they were never served.
        package var turnedAway = 0
        package var refused: [Refusal.Reason: Int] {
            Dictionary(uniqueKeysWithValues: Refusal.Reason.allCases.map { ($0, refusals[$0.position]) })
        }
        /// In the order of the cases: a dictionary would take longer than the refusal.
        fileprivate var refusals = [Int](repeating: 0, count: Refusal.Reason.allCases.count)
        /// Refused, though an executor fell idle in time for them.
        package var refusedInVain = 0
    }

    package init(_ policy: BatchingPolicy) {
        batcher = DeadlineBatcher(policy)
        delay = QueueDelay(limit: policy.slo / 4)
        reserve = AdmissionReserve(slo: policy.slo)
        vain = VainRefusals(policy)
    }

    package var policy: BatchingPolicy { batcher.policy }
    package var isIdle: Bool { batcher.isIdle && displaced.isEmpty }

    // MARK: Events

    /// A request has come.
    ///
    /// - Returns: why it is refused; nil when it is admitted.
    package mutating func arrive(_ request: QueuedRequest, now: Duration) -> Refusal? {
        batcher.observeArrival(rows: request.rows, now: now)
        guard let refusal = check(request, now) else {
            counts.admitted += 1
            batcher.add(request)
            return nil
        }
        if refusal.reason == .late || refusal.reason == .full, makeRoom(for: request, now) {
            counts.admitted += 1
            batcher.add(request)
            return nil
        }
        return refuse(request, refusal, now)
    }

    /// A request has come of which no more is known yet than that it is not smaller than this one.
    ///
    /// - Returns: why it is refused; nil when it is to be read, and to arrive then.
    package mutating func glance(_ request: QueuedRequest, now: Duration) -> Refusal? {
        guard let refusal = check(request, now), batcher.queue.priorityMax <= request.priority else {
            return nil
        }
        batcher.observeArrival(rows: request.rows, now: now)
        return refuse(request, refusal, now)
    }

    private mutating func refuse(_ request: QueuedRequest, _ refusal: Refusal, _ now: Duration) -> Refusal {
        counts.refusals[refusal.reason.position] += 1
        if refusal.reason == .late || refusal.reason == .full { vain.refused(request, now: now) }
        return refusal
    }

    /// An executor has run its batch; its requests are to be answered.
    package mutating func finish(executor: Int, now: Duration) -> Batch {
        let batch = batcher.finish(executor: executor, now: now)
        for request in batch.requests {
            let isLate = now > request.deadline + batcher.policy.margin
            counts.served += 1
            counts.late += isLate ? 1 : 0
            delay.ended(late: isLate)
            reserve.ended(late: isLate)
        }
        return batch
    }

    /// An executor's batch failed.
    ///
    /// - Returns: the request to blame, if it ran alone; else all are queued again, each to run alone.
    package mutating func fail(executor: Int, now: Duration) -> QueuedRequest? {
        batcher.fail(executor: executor, now: now)
    }

    /// The caller of a request is gone.
    ///
    /// - Returns: whether it was still waiting; one that runs ends with its batch.
    package mutating func cancel(_ id: UInt64) -> Bool { batcher.cancel(id) }

    /// A timer went off.
    package mutating func wake(now: Duration) { batcher.wake(now: now) }

    /// Takes no new work from here on, and waits for nothing.
    package mutating func drain() {
        isDraining = true
        batcher.isDraining = true
    }

    // MARK: Decisions

    /// The next thing to do; call again until it returns nil.
    package mutating func poll(now: Duration) -> Action? {
        if let victim = displaced.popFirst() { return turnedAway(victim, Refusal(.displaced)) }
        batcher.order = delay.order(queue: batcher.queue, now: now)
        switch batcher.poll(now: now) {
        case .run(let batch):
            delay.left(batch, now: now)
            vain.busy()
            return .run(batch)
        case .turnAway(let request, let refusal): return turnedAway(request, refusal)
        case .wake(let instant): return .wake(at: instant)
        case nil:
            if batcher.queue.isEmpty, let idle = batcher.idleExecutors {
                counts.refusedInVain += vain.idle(executors: idle, now: now)
            }
            return nil
        }
    }

    private mutating func turnedAway(_ request: QueuedRequest, _ refusal: Refusal) -> Action {
        counts.late += 1
        counts.turnedAway += 1
        delay.ended(late: true)
        if refusal.reason == .overdue { reserve.ended(late: true) }
        return .turnAway(request, refusal)
    }

    private mutating func check(_ request: QueuedRequest, _ now: Duration) -> Refusal? {
        guard !isDraining else { return Refusal(.draining) }
        guard now + batcher.timeAlone(request.rows) <= request.deadline else { return Refusal(.hopeless) }
        // Nothing is lost by trying.
        guard !batcher.isIdle else { return nil }
        guard batcher.queue.count < batcher.policy.queueMax,
            batcher.rowsInFlight + request.rows <= batcher.policy.inFlightMax
        else {
            return Refusal(.full, retryAfter: batcher.policy.profile[batcher.policy.sizeCap])
        }
        guard let completion = batcher.completion(of: request, now: now) else { return Refusal(.late) }
        guard completion + reserve.time > request.deadline else { return nil }
        // By then so much is served that the same request would be in time.
        return Refusal(.late, retryAfter: completion - (batcher.policy.slo - batcher.policy.profile[1]) - now)
    }

    /// Takes the places of less important requests, if that helps.
    private mutating func makeRoom(for request: QueuedRequest, _ now: Duration) -> Bool {
        var victims: [QueuedRequest] = []
        while victims.count < Self.victimsMax, let victim = batcher.displace(below: request.priority) {
            victims.append(victim)
            guard check(request, now) != nil else {
                displaced += victims
                return true
            }
        }
        for victim in victims { batcher.restore(victim) }
        return false
    }

    /// Requests that one may displace.
    private static let victimsMax = 16
}
