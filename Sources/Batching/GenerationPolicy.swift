/// How texts of one model are made on one machine: times of steps and prompts, the places for texts, the objective.
package struct GenerationPolicy: Equatable, Sendable {
    /// t(b): a step of b texts, each one token further.
    package let step: LatencyProfile
    /// Reading n tokens of one prompt at once.
    package let prompt: LatencyProfile
    /// Texts that are made at the same time.
    package let slots: Int
    /// Tokens of a prompt that are read between two steps; nil reads it whole, as an encoder does.
    package let chunk: Int?
    /// The latency objective for whole texts, of requests that bring no deadline of their own.
    package let slo: Duration
    /// What of the time is kept for the network and the clock.
    package let margin: Duration
    /// Requests that may wait.
    package let queueMax: Int

    package init(
        step: LatencyProfile,
        prompt: LatencyProfile,
        slots: Int,
        chunk: Int?,
        slo: Duration,
        margin: Duration,
        queueMax: Int = 256
    ) throws(InvalidPolicy) {
        guard slots > 0 else { throw .executors(slots) }
        guard chunk ?? 1 > 0 else { throw .sizeMax(chunk ?? 0) }
        guard margin >= .zero, prompt[1] + margin <= slo else {
            throw .unattainable(slo: slo, margin: margin, alone: prompt[1])
        }
        guard queueMax > 0 else { throw .queueMax(queueMax) }
        self.step = step
        self.prompt = prompt
        self.slots = slots
        self.chunk = chunk
        self.slo = slo
        self.margin = margin
        self.queueMax = queueMax
    }
}
