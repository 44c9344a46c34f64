import Batching
import Histograms
import Serving

/// A backend's metrics as Prometheus reads them.
struct BackendMetrics {
    let models: [(model: Model, report: DispatchReport)]
    /// What the process knows of itself.
    let residentBytes: Int
    let isDraining: Bool

    func write(to text: inout PrometheusText) {
        requests(&text)
        latencies(&text)
        batches(&text)
        predictions(&text)
        caches(&text)
        state(&text)
    }

    private func each(_ body: (_ labels: [PrometheusText.Label], _ report: DispatchReport) -> Void) {
        for (model, report) in models { body(PrometheusText.Label.all(of: model), report) }
    }

    private func requests(_ text: inout PrometheusText) {
        text.metric("mark_requests_total", .counter, "Inference requests by what became of them.")
        each { labels, report in
            let counts = report.counts
            let outcomes = [
                ("served", counts.served), ("failed", report.metrics.failed),
                ("cancelled", report.metrics.cancelled),
            ]
            for (outcome, count) in outcomes {
                text.sample("mark_requests_total", labels + [.init("outcome", outcome)], count)
            }
        }
        text.metric("mark_refusals_total", .counter, "Requests refused on arrival, by reason.")
        each { labels, report in
            for reason in Refusal.Reason.allCases {
                let count = report.counts.refused[reason] ?? 0
                text.sample("mark_refusals_total", labels + [.init("reason", reason.rawValue)], count)
            }
        }
        text.metric("mark_admitted_total", .counter, "Requests admitted by the bouncer.")
        each { text.sample("mark_admitted_total", $0, $1.counts.admitted) }
        text.metric("mark_late_accepts_total", .counter, "Requests admitted, but served late or turned away.")
        each { text.sample("mark_late_accepts_total", $0, $1.counts.late) }
        text.metric(
            "mark_false_refusals_total",
            .counter,
            "Requests refused though an executor was idle in time."
        )
        each { text.sample("mark_false_refusals_total", $0, $1.counts.refusedInVain) }
    }

    private func caches(_ text: inout PrometheusText) {
        let reports = models.compactMap { model, _ in
            model.predictions.map { (PrometheusText.Label.all(of: model), $0.report) }
        }
        guard !reports.isEmpty else { return }
        let counters: [(name: String, help: String, count: KeyPath<Predictions.Report, Int>)] = [
            ("mark_cache_hits_total", "Requests answered from the cache of predictions.", \.hits),
            ("mark_cache_misses_total", "Requests that were run, as the cache had no answer.", \.misses),
            ("mark_cache_shared_total", "Requests answered by the run of an equal one.", \.shared),
            ("mark_cache_evictions_total", "Answers thrown out of the cache for others.", \.evictions),
        ]
        for (name, help, count) in counters {
            text.metric(name, .counter, help)
            for (labels, report) in reports { text.sample(name, labels, report[keyPath: count]) }
        }
        text.metric("mark_cache_entries", .gauge, "Answers in the cache of predictions.")
        for (labels, report) in reports { text.sample("mark_cache_entries", labels, report.entries) }
        text.metric("mark_cache_bytes", .gauge, "Memory that the cache of predictions takes.")
        for (labels, report) in reports { text.sample("mark_cache_bytes", labels, report.bytes) }
    }

    private func latencies(_ text: inout PrometheusText) {
        text.metric(
            "mark_recent_latency_seconds",
            .gauge,
            "Time from arrivals to answers, of the last 10 to 20 seconds."
        )
        each { labels, report in
            for quantile in [0.5, 0.9, 0.98] {
                text.sample(
                    "mark_recent_latency_seconds",
                    labels + [.init("quantile", "\(quantile)")],
                    report.latencies.percentile(quantile) / .seconds(1)
                )
            }
        }
        text.metric("mark_turned_away_total", .counter, "Requests admitted, but turned away as too late.")
        each { text.sample("mark_turned_away_total", $0, $1.counts.turnedAway) }
    }

    private func batches(_ text: inout PrometheusText) {
        text.metric(
            "mark_queue_delay_seconds",
            .histogram,
            "Time from a request's arrival to its batch's start."
        )
        each { text.histogram("mark_queue_delay_seconds", $0, $1.metrics.queueDelay) }
        text.metric("mark_batches_total", .counter, "Batches run, by rows.")
        each { labels, report in
            for (rows, runs) in report.metrics.sizes.sorted(by: { $0.key < $1.key }) {
                text.sample("mark_batches_total", labels + [.init("rows", String(rows))], runs.count)
            }
        }
        text.metric("mark_batch_seconds_total", .counter, "Time of batches, by rows.")
        each { labels, report in
            for (rows, runs) in report.metrics.sizes.sorted(by: { $0.key < $1.key }) {
                text.sample(
                    "mark_batch_seconds_total",
                    labels + [.init("rows", String(rows))],
                    runs.time / .seconds(1)
                )
            }
        }
        text.metric("mark_batch_releases_total", .counter, "Batches run, by why they waited no longer.")
        each { labels, report in
            for release in Batch.Release.allCases {
                let count = report.metrics.batches[release] ?? 0
                text.sample("mark_batch_releases_total", labels + [.init("reason", release.rawValue)], count)
            }
        }
    }

    private func predictions(_ text: inout PrometheusText) {
        text.metric("mark_batch_observed_seconds_total", .counter, "Time that batches took.")
        each { text.sample("mark_batch_observed_seconds_total", $0, $1.metrics.observed / .seconds(1)) }
        text.metric(
            "mark_batch_predicted_seconds_total",
            .counter,
            "Time that batches were predicted to take."
        )
        each { text.sample("mark_batch_predicted_seconds_total", $0, $1.metrics.predicted / .seconds(1)) }
        text.metric("mark_profile_inflation", .gauge, "What the profile's times are multiplied with.")
        each { text.sample("mark_profile_inflation", $0, $1.inflation) }
        text.metric("mark_profile_bias", .gauge, "Observed over predicted time, smoothed.")
        each { text.sample("mark_profile_bias", $0, $1.bias) }
    }

    private func state(_ text: inout PrometheusText) {
        text.metric("mark_in_flight_rows", .gauge, "Rows that wait or run.")
        each { text.sample("mark_in_flight_rows", $0, $1.rowsInFlight) }
        text.metric("mark_queue_requests", .gauge, "Requests that wait.")
        each { text.sample("mark_queue_requests", $0, $1.requestsQueued) }
        text.metric("mark_executors", .gauge, "Batches that can run at once.")
        each { text.sample("mark_executors", $0, $1.policy.executors) }
        text.metric("mark_executors_busy", .gauge, "Batches that run.")
        each { text.sample("mark_executors_busy", $0, $1.executorsBusy) }
        text.metric(
            "mark_batch_rows_max",
            .gauge,
            "Rows of the largest batch that pays within the objective."
        )
        each { text.sample("mark_batch_rows_max", $0, $1.policy.sizeCap) }
        text.metric("mark_model_load_seconds", .gauge, "Time that loading the model took.")
        for (model, _) in models {
            guard let time = model.loadTime else { continue }
            text.sample("mark_model_load_seconds", PrometheusText.Label.all(of: model), time / .seconds(1))
        }
        text.metric("mark_draining", .gauge, "1 while no new work is taken.")
        text.sample("mark_draining", [], isDraining ? 1 : 0)
        text.metric("process_resident_memory_bytes", .gauge, "Resident memory of the process.")
        text.sample("process_resident_memory_bytes", [], residentBytes)
    }
}
