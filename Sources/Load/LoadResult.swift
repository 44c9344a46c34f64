package import Histograms

/// What a run of load has shown.
package struct LoadResult: Equatable, Sendable {
    /// One second of it, by the time at which requests were to be sent.
    package struct Second: Equatable, Sendable {
        package var intended = 0
        package var good = 0
        /// Answered 200, within the objective or not.
        package var served = 0
        package var refused = 0
        package var failed = 0
        package var latencies = LatencyHistogram(bits: 5)
    }

    package let slo: Duration
    /// Requests that were to be sent in the time that counts.
    package var intended = 0
    /// Answered 200 within the objective.
    package var good = 0
    package var statuses: [Int: Int] = [:]
    package var timeouts = 0
    package var connectionErrors = 0
    /// Of answers with 200, from the intended time.
    package var latencies = LatencyHistogram()
    /// Of answers with 429 or 503, from the intended time.
    package var refusals = LatencyHistogram()
    /// How much later than intended requests were sent though a connection was free.
    package var lag = LatencyHistogram()
    /// Requests that waited for a connection, as all were busy.
    package var waited = 0
    package var connections = 0
    package var seconds: [Second] = []
    /// The time that counts.
    package var duration = Duration.zero

    package init(slo: Duration) { self.slo = slo }

    package var served: Int { statuses[200] ?? 0 }
    package var refused: Int { (statuses[429] ?? 0) + (statuses[503] ?? 0) }
    package var sloShare: Double { intended > 0 ? Double(good) / Double(intended) : 0 }
    package var goodput: Double { Double(good) / (duration / .seconds(1)) }
    package var rate: Double { Double(intended) / (duration / .seconds(1)) }

    /// Whether the generator itself was too slow for its numbers to count.
    package var isGeneratorLate: Bool { lag.percentile(0.99) > max(.milliseconds(1), slo / 20) }

    enum Outcome {
        case answered(status: Int)
        case timeout
        case connectionError
    }

    mutating func record(_ outcome: Outcome, latency: Duration, second: Int) {
        intended += 1
        while seconds.count <= second { seconds.append(Second()) }
        seconds[second].intended += 1
        switch outcome {
        case .answered(let status):
            statuses[status, default: 0] += 1
            switch status {
            case 200:
                latencies.record(latency)
                seconds[second].latencies.record(latency)
                seconds[second].served += 1
                if latency <= slo {
                    good += 1
                    seconds[second].good += 1
                }
            case 429, 503:
                refusals.record(latency)
                seconds[second].refused += 1
            default: seconds[second].failed += 1
            }
        case .timeout:
            timeouts += 1
            seconds[second].failed += 1
        case .connectionError:
            connectionErrors += 1
            seconds[second].failed += 1
        }
    }
}
