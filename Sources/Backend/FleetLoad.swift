import Batching
package import Fleet
import Histograms
import Planning
package import Serving

/// What a heartbeat says of a backend's models together.
///
/// Counters are added up, and latencies put into one distribution; the queue's delay is the longest one, as a request may meet it.
package struct FleetLoad: Equatable, Sendable {
    package let capacity: Double
    package let load: RegisteredBackend.Load

    /// What HTTP over TLS takes of a reader's thread for a request.
    ///
    /// Measured on a shared virtual core: 30 to 45 µs under load, and some 20 more for TLS where requests come one by one. Without this
    /// bound a model of 10 µs would promise a hundred thousand requests a second and more.
    package static let readingTime = Duration.microseconds(50)

    /// - Parameters:
    ///   - texts: of models that make texts.
    ///   - readers: threads that read and write.
    package init(_ reports: [DispatchReport], texts: [GenerationReport] = [], readers: Int) {
        let models = Self.capacity(
            reports.map { report in
                let counts = report.counts
                let arrivals = counts.admitted + counts.refused.values.reduce(0, +)
                return (Capacity.requestsPerSecond(report.policy), arrivals)
            } + texts.map { ($0.capacity * Capacity.utilisationMax, $0.arrivals) }
        )
        capacity = min(models, Capacity.utilisationMax * Double(readers) * (.seconds(1) / Self.readingTime))
        var load = RegisteredBackend.Load()
        var latencies: LatencyHistogram?
        for report in reports {
            let counts = report.counts
            load.inFlight += report.requestsInFlight
            load.queueDelay = max(load.queueDelay, report.queueDelay)
            load.served += counts.served
            // One that was turned away in time for another place is not late, but refused.
            load.late += counts.late - counts.turnedAway
            load.refused += counts.refused.values.reduce(0, +) + counts.turnedAway
            if latencies == nil { latencies = report.latencies } else { latencies?.add(report.latencies) }
        }
        for report in texts {
            load.inFlight += report.placesTaken + report.waiting
            load.queueDelay = max(load.queueDelay, report.queueDelay)
            load.served += report.counts.completed
            load.late += report.counts.late - report.counts.turnedAway
            load.refused += report.arrivals - report.counts.admitted + report.counts.turnedAway
        }
        load.latencyP98 = latencies?.percentile(0.98) ?? .zero
        self.load = load
    }

    /// Requests per second that a machine takes whose models share it as their requests did so far.
    ///
    /// A model's capacity is what the whole machine takes of it alone, so its request takes 1/C of a second of the machine. With 3 of 4
    /// requests for a model of 300/s and one for a model of 100/s, that is 1 / (0.75/300 + 0.25/100) = 200/s. Before any request has come:
    /// of the slowest model.
    package static func capacity(_ models: [(capacity: Double, arrivals: Int)]) -> Double {
        let total = models.reduce(0) { $0 + $1.arrivals }
        guard total > 0 else { return models.map(\.capacity).min() ?? 0 }
        return Double(total) / models.reduce(0) { $0 + Double($1.arrivals) / $1.capacity }
    }
}
