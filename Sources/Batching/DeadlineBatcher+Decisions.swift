import DequeModule

/// What to do next.
extension DeadlineBatcher {
    /// The next thing to do; call again until it returns nil.
    package mutating func poll(now: Duration) -> Action? {
        if let refused = dropHopeless(now) { return refused }
        guard !queue.isEmpty else {
            armed = nil
            return nil
        }
        guard idle > 0, let executor = executors.firstIndex(where: { $0 == nil }) else {
            return arm(nextOverdue)
        }
        let choice = fill(now)
        if let dropped = dropEarly(choice, now) { return dropped }
        if let release = release(choice, now) { return .run(dispatch(choice, release, on: executor, now)) }
        return arm(min(choice.deadline - times.safe(choice.rows + 1), nextOverdue, nextDoubt(now)))
    }

    /// A timer went off.
    package mutating func wake(now: Duration) { if let armed, armed <= now { self.armed = nil } }

    private mutating func arm(_ wanted: Duration) -> Action? {
        if let armed, armed <= wanted { return nil }
        armed = wanted
        return .wake(at: wanted)
    }

    /// When to think again if nobody has come by then: after a burst, the rate that was hoped for is gone.
    private func nextDoubt(_ now: Duration) -> Duration {
        let rate = rate.perSecond(now: now)
        return rate > 0 ? now + Duration(inSeconds: 2 / rate) : .seconds(Int64.max / 2)
    }

    // MARK: Giving up

    /// Turns away a request that not even an idle executor could serve in time: admitted, and overtaken by events.
    private mutating func dropHopeless(_ now: Duration) -> Action? {
        guard let first = queue.first, now + timeAlone(first.rows) > first.deadline else { return nil }
        return drop(first.isIsolated ? .failed : .overdue)
    }

    /// The time for a request without others.
    ///
    /// With nothing else to do the profile is believed as it was measured: a machine that was slow for a while would otherwise refuse
    /// everything, and never find out that it is fast again.
    func timeAlone(_ rows: Int) -> Duration {
        idle == executors.count ? policy.profile[rows] : times.safe(rows)
    }

    /// When the most urgent request will be hopeless.
    private var nextOverdue: Duration {
        queue.first.map { $0.deadline - times.safe($0.rows) + .nanoseconds(1) } ?? .zero
    }

    /// Gives up a request so late that it keeps batches too small to catch up, while the objective allows a miss (Nexus,
    /// SOSP '19, early drop).
    private mutating func dropEarly(_ choice: Choice, _ now: Duration) -> Action? {
        guard choice.limit == .deadline, order == .earliestDeadline, missesLeft >= 1,
            !policy.isStable(choice.rows, rate: rate.perSecond(now: now))
        else { return nil }
        missesLeft -= 1
        return drop(.overdue)
    }

    private mutating func drop(_ reason: Refusal.Reason) -> Action {
        forecast = nil
        return .turnAway(queue.remove(at: 0), Refusal(reason))
    }

    // MARK: Choosing

    /// Requests that would make a batch now: as many as fit, most urgent first.
    private struct Choice {
        var range: Range<Int>
        var rows = 0
        /// The earliest of theirs.
        var deadline: Duration
        /// Why the next request in line is not among them; nil when there is none.
        var limit: Batch.Release?
    }

    private func fill(_ now: Duration) -> Choice {
        let isForward = order == .earliestDeadline
        let requests = queue.requests
        let share = share
        var index = isForward ? 0 : requests.count - 1
        var choice = Choice(range: index..<index, deadline: requests[index].deadline)
        while requests.indices.contains(index), choice.limit == nil {
            let request = requests[index]
            let rows = choice.rows + request.rows
            let deadline = min(choice.deadline, request.deadline)
            if choice.rows > 0, let limit = limit(rows, share, request, deadline, now) {
                choice.limit = limit
                break
            }
            choice.rows = rows
            choice.deadline = deadline
            choice.range = isForward ? 0..<(index + 1) : index..<requests.count
            if request.isIsolated { choice.limit = .full }
            index += isForward ? 1 : -1
        }
        return choice
    }

    /// What keeps a request out of a batch that would have so many rows and this deadline.
    private func limit(
        _ rows: Int,
        _ share: Int,
        _ request: QueuedRequest,
        _ deadline: Duration,
        _ now: Duration
    ) -> Batch.Release? {
        if rows > policy.sizeCap || request.isIsolated { return .full }
        if now + times.safe(rows) > deadline { return .deadline }
        return rows > share ? .idle : nil
    }

    /// Rows of one idle executor, when several can share the queue and cost nothing more.
    ///
    /// Only of a queue that one batch could take whole: of a longer one, parts would make batches that admission did not count on.
    private var share: Int {
        guard policy.price == .sunk, idle > 1, queue.rows <= policy.sizeCap else { return .max }
        return (queue.rows + idle - 1) / idle
    }

    /// Why not to wait any longer; nil to wait.
    private func release(_ choice: Choice, _ now: Duration) -> Batch.Release? {
        if let limit = choice.limit { return limit }
        let next = choice.rows + 1
        if next > policy.sizeCap { return .full }
        if isDraining { return .drain }
        if !policy.pays(next) { return .noGain }
        let lastSafeStart = choice.deadline - times.safe(next)
        if now >= lastSafeStart { return .deadline }
        let rate = rate.perSecond(now: now)
        if policy.price == .sunk, policy.isStable(choice.rows, rate: rate) { return .idle }
        return rate <= 0 || now + Duration(inSeconds: 1 / rate) > lastSafeStart ? .noArrival : nil
    }

    private mutating func dispatch(
        _ choice: Choice,
        _ release: Batch.Release,
        on executor: Int,
        _ now: Duration
    ) -> Batch {
        let batch = Batch(
            executor: executor,
            requests: queue.remove(choice.range),
            rows: choice.rows,
            release: release,
            start: now,
            predicted: times.expected(choice.rows)
        )
        run(batch)
        return batch
    }
}
