package import AWS
package import Planning
import Wire

/// How requests fared in the minutes since the last tick, from what API Gateway, Lambda and the backends count.
///
/// Nothing is logged per request for this: API Gateway's latency is what clients saw, and the share of it within the objective is a
/// statistic that CloudWatch has (`PR(:200)`). What was late on a backend queued there; what was late inside Lambda ran too long; and what
/// was late although the function itself was quick waited for an environment to start.
package struct ServiceQuality: Equatable, Sendable {
    /// Requests that API Gateway took.
    package var total = 0.0
    /// Share of them that was answered within the objective; nil when CloudWatch does not say.
    package var shareInTime: Double?
    /// Answers with status 5xx.
    package var errors = 0.0
    /// Runs of the inference function, and the share of them within the objective.
    package var runs = 0.0
    package var shareOfRunsInTime: Double?
    /// Mean duration of its runs; nil without any.
    package var meanRun: Duration?

    package init() {}

    /// - Parameters:
    ///   - series: as asked for by `Controller+Reading`.
    ///   - warmed: minutes since 1970 of which Lambda's runs say nothing. A warm-up holds its environment for hundreds of milliseconds, and
    ///     that is in Lambda's metrics: taken for requests' it made Lambda look dear, so that instances were launched for a load of zero.
    package init(_ series: [CloudWatch.Series], warmed: Set<Int>) {
        func points(_ id: String) -> [CloudWatch.Point] { series.first { $0.id == id }?.points ?? [] }
        let runs = points("runs").filter { !warmed.contains($0.time.minute) }
        func weighted(_ id: String, by weights: [CloudWatch.Point]) -> Double? {
            let weights = Dictionary(weights.map { ($0.time, $0.value) }, uniquingKeysWith: { $1 })
            let pairs = points(id).map { (value: $0.value, weight: weights[$0.time] ?? 0) }
            let sum = pairs.reduce(0) { $0 + $1.weight }
            return sum > 0 ? pairs.reduce(0) { $0 + $1.value * $1.weight } / sum : nil
        }
        total = points("count").reduce(0) { $0 + $1.value }
        errors = points("errors").reduce(0) { $0 + $1.value }
        self.runs = runs.reduce(0) { $0 + $1.value }
        shareInTime = weighted("intime", by: points("count")).map { $0 / 100 }
        shareOfRunsInTime = weighted("runsintime", by: runs).map { $0 / 100 }
        meanRun = weighted("mean", by: runs).map { .milliseconds($0) }
    }

    /// - Parameter lateOnBackends: answers that backends gave too late, in the same time.
    package func outcomes(lateOnBackends: Int) -> Observation.Outcomes {
        var outcomes = Observation.Outcomes()
        outcomes.total = Int(total.rounded())
        var rest = outcomes.total
        func take(_ count: Double) -> Int {
            let taken = min(rest, Int(max(0, count).rounded()))
            rest -= taken
            return taken
        }
        outcomes.refused = take(errors)
        let late = min(Double(rest), total * (1 - (shareInTime ?? 1)))
        outcomes.queued = take(min(late, Double(lateOnBackends)))
        let slow = min(late - Double(outcomes.queued), runs * (1 - (shareOfRunsInTime ?? 1)))
        outcomes.slowRuns = take(slow)
        outcomes.coldStarts = take(late - Double(outcomes.queued) - slow)
        outcomes.good = rest
        return outcomes
    }
}
