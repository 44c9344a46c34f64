import DequeModule

/// When a request would end.
extension DeadlineBatcher {
    /// When a request would end if it were admitted now; nil when it would make one that was admitted before it late.
    package mutating func completion(of request: QueuedRequest, now: Duration) -> Duration? {
        guard order == .earliestDeadline else { return completionAtOnce(request, now) }
        guard queue.endsBefore(request) else { return completion(ofUrgent: request, now) }
        let forecast = self.forecast ?? makeForecast(queue.requests, now)
        // An idle executor's next start moves with the clock.
        self.forecast = idleExecutors == nil ? forecast : nil
        let size = min(policy.stableSize(rate: rate.perSecond(now: now)), times.sizeInTime)
        let (start, time) = forecast.position(of: request, now: now, size: size, times)
        return start + caution(start - now) + time
    }

    /// How long a request that came now would wait for its run.
    package func queueDelay(now: Duration) -> Duration {
        let next = QueuedRequest(id: 0, arrival: now, deadline: now + policy.slo - policy.margin)
        let forecast = self.forecast ?? makeForecast(queue.requests, now)
        return forecast.position(of: next, now: now, size: 1, times).start - now
    }

    /// What to add to the time until a start: two standard deviations of the sum of the batches before it.
    ///
    /// Under overload everyone admitted would otherwise be admitted at the very edge, and half of them turned away later.
    private func caution(_ wait: Duration) -> Duration {
        guard wait > .zero else { return .zero }
        let batch = times.expected(policy.sizeCap).inSeconds
        return Duration(inSeconds: 2 * tracker.spread * (wait.inSeconds * batch).squareRoot())
    }

    /// With the newest first, the next batch is the request's.
    private func completionAtOnce(_ request: QueuedRequest, _ now: Duration) -> Duration {
        let start = executors.map { max(now, $0?.end ?? now) }.min() ?? now
        return start + times.safe(max(policy.sizeCap, request.rows))
    }

    /// Goes through the whole queue, as everything behind the request moves.
    private func completion(ofUrgent request: QueuedRequest, _ now: Duration) -> Duration? {
        var forecast = makeForecast([], now)
        var waiting = queue
        waiting.insert(request)
        var completion: Duration?
        for queued in waiting.requests {
            let end = forecast.place(queued, times)
            if queued.id == request.id { completion = end } else if end > queued.deadline { return nil }
        }
        return completion
    }

    private func makeForecast(_ requests: Deque<QueuedRequest>, _ now: Duration) -> CompletionForecast {
        var forecast = CompletionForecast(
            free: executors.map { max(now, $0?.end ?? now) },
            cap: policy.sizeCap
        )
        for request in requests { forecast.place(request, times) }
        return forecast
    }
}
