package import Planning

/// What a run cost and how it served.
package struct SimulationResult: Equatable, Sendable {
    /// One minute, for charts and regret.
    package struct Minute: Equatable, Sendable {
        package var requests = 0.0
        /// What was forecast for this minute five minutes ago, median and 0.9 quantile of the maximum; nil without a forecast.
        package var forecast: Double?
        package var forecastHigh: Double?
        package var onLambda = 0.0
        package var onInstances = 0.0
        package var late = 0.0
        package var refused = 0.0
        /// Requests per second that what was serving could take, by `CapacityKind.allCases`; Lambda's is what it took.
        package var capacity = [Double](repeating: 0, count: CapacityKind.allCases.count)
        /// Instances that were billed, serving or not, in the same order.
        package var instances = [Double](repeating: 0, count: CapacityKind.allCases.count)
        /// All that was spent until its end.
        package var spent = Dollars.zero
        /// 99th percentile of what ended in it, in milliseconds; nil in fluid mode.
        package var latencyP99: Double?

        package init() {}
    }

    package struct Latency: Equatable, Sendable {
        /// In milliseconds.
        package let p50: Double
        package let p90: Double
        package let p99: Double
        package let p999: Double
        package let max: Double

        package init(p50: Double, p90: Double, p99: Double, p999: Double, max: Double) {
            (self.p50, self.p90, self.p99, self.p999, self.max) = (p50, p90, p99, p999, max)
        }
    }

    package let policy: String
    package var minutes: [Minute] = []
    package var ledger = Ledger()
    package var requests = 0.0
    /// Answered within the objective.
    package var good = 0.0
    package var late = 0.0
    package var refused = 0.0
    package var onLambda = 0.0
    package var coldStarts = 0.0
    /// Launched, interrupted, failed to boot; not given because of a capacity error.
    package var launches = 0
    package var interruptions = 0
    package var capacityErrors = 0
    /// Decisions that named an instance that is not there or not ours.
    package var strays = 0
    /// By `CapacityKind.allCases`.
    package var instanceHours = [Double](repeating: 0, count: CapacityKind.allCases.count)
    /// Nil in fluid mode, which knows no single request.
    package var latency: Latency?
    /// The decisions that were made, the first thousands of them.
    package var decisions: [LoggedDecision] = []

    package struct LoggedDecision: Equatable, Sendable {
        package let minute: Double
        package let decision: Decision

        package init(minute: Double, decision: Decision) {
            (self.minute, self.decision) = (minute, decision)
        }
    }

    package init(policy: String) { self.policy = policy }

    /// Share of all requests that were answered within the objective.
    package var attainment: Double { requests > 0 ? good / requests : 1 }
    package var dollarsPerMillion: Double {
        requests > 0 ? ledger.total.amount / requests * 1e6 : 0
    }
    package var lambdaShare: Double { requests > 0 ? onLambda / requests : 0 }
}
