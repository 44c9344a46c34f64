package import Batching
package import Histograms

/// What a dispatcher has counted, beside the bouncer's own counts.
package struct DispatchMetrics: Equatable, Sendable {
    package var failed = 0
    package var cancelled = 0
    package private(set) var batches: [Batch.Release: Int] = [:]
    /// By rows of the batch.
    package private(set) var sizes: [Int: Runs] = [:]
    /// Waiting times of requests, from arrival to the start of their batch.
    package private(set) var queueDelay = DurationHistogram()
    /// From arrivals to the ends of their batches, of late.
    package private(set) var latencies = RecentLatencies()
    /// What the batches of each request took, over all requests.
    package private(set) var requestTime = Duration.zero
    /// What batches took, and what was predicted: their quotient is how good the predictions are.
    package private(set) var observed = Duration.zero
    package private(set) var predicted = Duration.zero

    package init() {}

    package struct Runs: Equatable, Sendable {
        package var count = 0
        package var requests = 0
        package var time = Duration.zero
    }

    mutating func record(_ batch: Batch, _ policy: BatchingPolicy, now: Duration) {
        let time = now - batch.start
        batches[batch.release, default: 0] += 1
        sizes[batch.rows, default: Runs()].count += 1
        sizes[batch.rows, default: Runs()].requests += batch.requests.count
        sizes[batch.rows, default: Runs()].time += time
        for request in batch.requests {
            queueDelay.record(batch.start - request.arrival)
            latencies.record(now - request.arrival, now: now)
        }
        requestTime += time * Double(batch.requests.count)
        observed += time
        predicted += batch.predicted
    }
}

/// How a dispatcher is doing.
package struct DispatchReport: Equatable, Sendable {
    package let policy: BatchingPolicy
    package let counts: Bouncer.Counts
    package let metrics: DispatchMetrics
    package let requestsQueued: Int
    package let rowsInFlight: Int
    /// Requests that wait or run.
    package let requestsInFlight: Int
    package let executorsBusy: Int
    /// How long the request at the head of the queue has waited.
    package let waiting: Duration
    /// How long a request that came now would wait for its run.
    package let queueDelay: Duration
    /// From arrivals to the ends of their batches, of the last 10 to 20 seconds.
    package let latencies: LatencyHistogram
    package let bias: Double
    package let inflation: Double
    package let arrivalRate: Double

    package init(_ bouncer: Bouncer, _ metrics: DispatchMetrics, now: Duration) {
        let batcher = bouncer.batcher
        policy = bouncer.policy
        counts = bouncer.counts
        self.metrics = metrics
        requestsQueued = batcher.queue.count
        rowsInFlight = batcher.rowsInFlight
        requestsInFlight =
            batcher.queue.count
            + batcher.executors.reduce(0) { $0 + ($1?.batch.requests.count ?? 0) }
        executorsBusy = policy.executors - (batcher.idleExecutors ?? 0)
        waiting = batcher.queue.first.map { now - $0.arrival } ?? .zero
        queueDelay = batcher.queueDelay(now: now)
        latencies = metrics.latencies.all(now: now)
        bias = batcher.tracker.bias
        inflation = batcher.tracker.inflation
        arrivalRate = batcher.rate.perSecond(now: now)
    }
}
