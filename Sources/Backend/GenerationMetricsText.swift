import Batching
import Serving

/// The metrics of texts as Prometheus reads them.
struct GenerationMetricsText {
    let models: [(model: Model, report: GenerationReport)]

    func write(to text: inout PrometheusText) {
        guard !models.isEmpty else { return }
        requests(&text)
        tokens(&text)
        times(&text)
        state(&text)
    }

    private func each(_ body: (_ labels: [PrometheusText.Label], _ report: GenerationReport) -> Void) {
        for (model, report) in models { body(PrometheusText.Label.all(of: model), report) }
    }

    private func requests(_ text: inout PrometheusText) {
        text.metric("mark_texts_total", .counter, "Requests for texts by what became of them.")
        each { labels, report in
            let counts = report.counts
            let outcomes = [
                ("completed", counts.completed), ("turned_away", counts.turnedAway),
                ("failed", report.metrics.failed), ("cancelled", counts.cancelled),
            ]
            for (outcome, count) in outcomes {
                text.sample("mark_texts_total", labels + [.init("outcome", outcome)], count)
            }
        }
        text.metric("mark_text_refusals_total", .counter, "Requests for texts refused on arrival, by reason.")
        each { labels, report in
            for reason in Refusal.Reason.allCases {
                let count = report.counts.refused[reason] ?? 0
                text.sample("mark_text_refusals_total", labels + [.init("reason", reason.rawValue)], count)
            }
        }
        text.metric("mark_texts_late_total", .counter, "Texts completed late or turned away.")
        each { text.sample("mark_texts_late_total", $0, $1.counts.late) }
    }

    private func tokens(_ text: inout PrometheusText) {
        text.metric("mark_tokens_total", .counter, "Tokens made.")
        each { text.sample("mark_tokens_total", $0, $1.counts.tokens) }
        text.metric("mark_prompt_tokens_total", .counter, "Tokens of prompts read.")
        each { text.sample("mark_prompt_tokens_total", $0, $1.counts.promptTokens) }
        text.metric("mark_steps_total", .counter, "Steps made, by texts in them.")
        each { labels, report in
            for (texts, count) in report.counts.steps.sorted(by: { $0.key < $1.key }) {
                text.sample("mark_steps_total", labels + [.init("texts", String(texts))], count)
            }
        }
    }

    private func times(_ text: inout PrometheusText) {
        text.metric(
            "mark_first_token_seconds",
            .histogram,
            "Time from a request's arrival to its first token."
        )
        each { text.histogram("mark_first_token_seconds", $0, $1.metrics.firstToken) }
        text.metric("mark_token_seconds", .histogram, "Time between the tokens of a text, as its mean.")
        each { text.histogram("mark_token_seconds", $0, $1.metrics.tokenTime) }
    }

    private func state(_ text: inout PrometheusText) {
        text.metric("mark_slots", .gauge, "Texts that can be made at once.")
        each { text.sample("mark_slots", $0, $1.policy.slots) }
        text.metric("mark_slots_in_use", .gauge, "Texts that are being made.")
        each { text.sample("mark_slots_in_use", $0, $1.placesTaken) }
        text.metric("mark_texts_waiting", .gauge, "Admitted requests that wait for a slot.")
        each { text.sample("mark_texts_waiting", $0, $1.waiting) }
        text.metric("mark_step_inflation", .gauge, "What the measured times of steps are multiplied with.")
        each { text.sample("mark_step_inflation", $0, $1.inflation) }
    }
}
