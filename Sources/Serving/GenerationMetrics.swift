package import Batching

/// What a generator has measured, beside the scheduler's own counts.
package struct GenerationMetrics: Equatable, Sendable {
    package var failed = 0
    /// From arrivals to first tokens.
    package var firstToken = DurationHistogram()
    /// From a text's token to its next one, as a mean of the text.
    package var tokenTime = DurationHistogram(
        bounds: [50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 500_000].map {
            .microseconds($0)
        }
    )

    package init() {}
}

/// How a generator is doing.
package struct GenerationReport: Equatable, Sendable {
    package let policy: GenerationPolicy
    package let counts: GenerationCounts
    package let metrics: GenerationMetrics
    package let waiting: Int
    /// Texts that have places.
    package let placesTaken: Int
    /// How long a request that came now would wait for its place.
    package let queueDelay: Duration
    package let bias: Double
    package let inflation: Double

    init(_ scheduler: GenerationScheduler, _ metrics: GenerationMetrics, now: Duration) {
        policy = scheduler.policy
        counts = scheduler.counts
        self.metrics = metrics
        waiting = scheduler.waitingCount
        placesTaken = scheduler.placesTaken
        queueDelay = scheduler.queueDelay(now: now)
        bias = scheduler.bias
        inflation = scheduler.inflation
    }

    /// Requests that came, whatever became of them.
    package var arrivals: Int { counts.admitted + counts.refused.values.reduce(0, +) }

    /// Texts a second with all places taken, of the length that texts had so far; of 64 tokens before there was any.
    package var capacity: Double {
        let length = counts.completed > 0 ? Double(counts.tokens) / Double(counts.completed) : 64
        return policy.step.throughput(policy.slots) / max(1, length)
    }
}
