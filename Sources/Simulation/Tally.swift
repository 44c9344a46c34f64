import Batching
import Histograms
import Planning

/// What became of requests, counted as they end.
struct Tally {
    /// Why a request was not answered within the objective.
    enum Cause { case queued, coldStart, slowRun }

    private let slo: Int64
    private(set) var result: SimulationResult
    /// Since the tick before.
    private(set) var outcomes = Observation.Outcomes()
    private var latencies = LatencyHistogram()
    private var minuteLatencies = Self.coarse
    private var minute = Counts()
    private var total = Counts()

    /// Within 3 %, as there is one for each minute.
    private static let coarse = LatencyHistogram(bits: 5)
    /// Decisions that a result keeps.
    private static let decisionsMax = 5000

    private struct Counts {
        var requests = 0
        var onLambda = 0
        var onInstances = 0
        var late = 0
        var refused = 0
        var coldStarts = 0

        static func += (sum: inout Counts, other: Counts) {
            sum.requests += other.requests
            sum.onLambda += other.onLambda
            sum.onInstances += other.onInstances
            sum.late += other.late
            sum.refused += other.refused
            sum.coldStarts += other.coldStarts
        }
    }

    init(policy: String, slo: Duration) {
        self.slo = slo.nanoseconds
        result = SimulationResult(policy: policy)
    }

    // MARK: Requests

    mutating func arrived() {
        minute.requests += 1
        outcomes.total += 1
    }

    mutating func startedCold() { minute.coldStarts += 1 }

    mutating func refused() {
        minute.refused += 1
        outcomes.refused += 1
    }

    /// - Parameter cause: asked only of a late one.
    mutating func answered(latency: Int64, onLambda: Bool, cause: () -> Cause) {
        latencies.record(nanoseconds: latency)
        minuteLatencies.record(nanoseconds: latency)
        if onLambda { minute.onLambda += 1 } else { minute.onInstances += 1 }
        guard latency > slo else {
            outcomes.good += 1
            return
        }
        minute.late += 1
        switch cause() {
        case .queued: outcomes.queued += 1
        case .coldStart: outcomes.coldStarts += 1
        case .slowRun: outcomes.slowRuns += 1
        }
    }

    // MARK: The fleet

    mutating func launched() { result.launches += 1 }
    mutating func interrupted() { result.interruptions += 1 }
    mutating func capacityError() { result.capacityErrors += 1 }
    mutating func strayed() { result.strays += 1 }

    mutating func decided(_ decision: Decision, now: Int64) {
        guard result.decisions.count < Self.decisionsMax else { return }
        result.decisions.append(.init(minute: Double(now) / 60e9, decision: decision))
    }

    // MARK: Time

    mutating func takeOutcomes() -> Observation.Outcomes {
        defer { outcomes = Observation.Outcomes() }
        return outcomes
    }

    /// Closes a minute.
    ///
    /// - Parameters:
    ///   - capacity: of the instances that serve, by kind, in requests per second.
    ///   - instances: that are billed, by kind.
    mutating func endMinute(
        capacity: [Double],
        instances: [Double],
        provisioned: Double,
        forecast: (median: Double, high: Double)?,
        _ ledger: Ledger
    ) {
        var ended = SimulationResult.Minute()
        ended.requests = Double(minute.requests)
        ended.onLambda = Double(minute.onLambda)
        ended.onInstances = Double(minute.onInstances)
        ended.late = Double(minute.late)
        ended.refused = Double(minute.refused)
        ended.capacity = capacity
        ended.capacity[CapacityKind.lambda.position] = ended.onLambda / 60
        ended.capacity[CapacityKind.provisionedConcurrency.position] = provisioned
        ended.instances = instances
        (ended.forecast, ended.forecastHigh) = (forecast?.median, forecast?.high)
        ended.spent = ledger.total
        if minuteLatencies.count > 0 {
            ended.latencyP99 = minuteLatencies.percentile(0.99) / .milliseconds(1)
        }
        result.minutes.append(ended)
        for kind in instances.indices { result.instanceHours[kind] += instances[kind] / 60 }
        total += minute
        minute = Counts()
        if ended.requests > 0 { minuteLatencies = Self.coarse }
    }

    /// All in all; requests that ended after the last minute are in none.
    mutating func finish(_ ledger: Ledger) -> SimulationResult {
        total += minute
        minute = Counts()
        result.ledger = ledger
        result.requests = Double(total.requests)
        result.late = Double(total.late)
        result.refused = Double(total.refused)
        result.onLambda = Double(total.onLambda)
        result.good = Double(total.onLambda + total.onInstances - total.late)
        result.coldStarts = Double(total.coldStarts)
        result.latency = .init(
            p50: latencies.percentile(0.5) / .milliseconds(1),
            p90: latencies.percentile(0.9) / .milliseconds(1),
            p99: latencies.percentile(0.99) / .milliseconds(1),
            p999: latencies.percentile(0.999) / .milliseconds(1),
            max: latencies.max / .milliseconds(1)
        )
        return result
    }
}
