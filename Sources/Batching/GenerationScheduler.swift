import DequeModule

/// Makes many texts at once, a token of each per step; texts join and leave between any two steps.
///
/// Iteration-level scheduling (Yu et al., Orca, OSDI 2022): a text that ends frees its place at once, and one that comes waits for a
/// step, not for the longest text of a batch. Between two steps at most one piece of one prompt is read, so that texts under way stand
/// still for no longer than that. Who comes first is served first.
///
/// The one value that the engine's shell and the simulator drive: tell it what happened, then `poll` until it returns nil. The texts
/// that are made lie in rows without gaps: a row that is left is filled by the last one. A text that is searched for has several rows,
/// its lanes, which may lie apart.
package struct GenerationScheduler: Equatable, Sendable {
    package enum Action: Equatable, Sendable {
        /// Tell the caller: it waits no longer, and gets no more tokens.
        case turnAway(GenerationRequest, Refusal)
        /// A row is left; the last one moves into it (they may be the same).
        case vacate(row: Int, last: Int)
        /// Read tokens of a prompt, and then report `prompted`.
        case prompt(GenerationRequest, tokens: Range<Int>)
        /// Make a token for each of these, in the order of their rows, and then report `stepped`.
        case step([GenerationRow])
    }

    struct Text: Equatable, Sendable {
        let request: GenerationRequest
        /// Tokens of the prompt that are read.
        var read = 0
        /// Tokens that are made.
        var made = 0
        /// Of the rows of a text; what is counted by text is counted in the first.
        var lane = 0
        /// It has ended, or nobody wants it any more.
        var isOver = false
    }

    private enum Run: Equatable, Sendable {
        case prompt(until: Int, since: Duration)
        case step(since: Duration)
    }

    package let policy: GenerationPolicy
    package private(set) var counts = GenerationCounts()
    /// No new work is taken; what was admitted is served.
    package private(set) var isDraining = false

    private(set) var waiting: Deque<GenerationRequest> = []
    /// The text whose prompt is being read.
    private(set) var prompting: Text?
    /// The texts that are made, by row.
    private(set) var rows: [Text] = []
    private var run: Run?
    /// Whether a prompt was read since the last step.
    private(set) var hasPrompted = false
    private(set) var stepTracker: ProfileTracker
    private(set) var promptTracker: ProfileTracker
    /// The share of the tokens allowed that texts turn out to have, as an exponentially weighted mean.
    private(set) var lengthShare = 1.0

    package init(_ policy: GenerationPolicy) {
        self.policy = policy
        stepTracker = ProfileTracker(policy.step)
        promptTracker = ProfileTracker(policy.prompt)
    }

    package var isIdle: Bool { waiting.isEmpty && prompting == nil && rows.isEmpty }
    package var waitingCount: Int { waiting.count }
    /// Rows that are taken, with those that the text whose prompt is being read will take.
    package var placesTaken: Int { rows.count + (prompting?.request.rows ?? 0) }

    // MARK: Events

    /// A request has come.
    ///
    /// - Returns: why it is refused; nil when it is admitted.
    package mutating func arrive(_ request: GenerationRequest, now: Duration) -> Refusal? {
        if let refusal = check(request, now) {
            counts.refused[refusal.reason, default: 0] += 1
            return refusal
        }
        counts.admitted += 1
        waiting.append(request)
        return nil
    }

    /// Nobody wants a text any more; its place is free by the next step.
    ///
    /// - Returns: whether it was still under way.
    package mutating func cancel(_ id: UInt64) -> Bool {
        let isUnderWay = end(id) || waiting.contains { $0.id == id }
        waiting.removeAll { $0.id == id }
        counts.cancelled += isUnderWay ? 1 : 0
        return isUnderWay
    }

    /// A piece of a prompt is read.
    ///
    /// - Parameters:
    ///   - ended: whether the token that the prompt's end gave was the text's last one.
    ///   - taken: rows that the text takes from here on, behind all others; at least one, and as many as it asked for at most.
    package mutating func prompted(ended: Bool, rows taken: Int = 1, now: Duration) {
        guard case .prompt(let until, let since) = run, var text = prompting else {
            preconditionFailure("no prompt is being read")
        }
        run = nil
        hasPrompted = true
        promptTracker.observe(rows: until - text.read, time: max(.nanoseconds(1), now - since))
        counts.promptTokens += until - text.read
        text.read = until
        prompting = until < text.request.prompt && !text.isOver ? text : nil
        guard until == text.request.prompt else { return }
        counts.tokens += 1
        text.made = 1
        if !text.isOver, ended || text.request.tokensMax == 1 {
            text.isOver = true
            completed(text, now)
        }
        precondition(1...text.request.rows ~= taken, "request \(text.request.id) asked for fewer rows")
        // Even one that is over is moved: what is taken away again has one way out.
        for lane in 0..<taken {
            text.lane = lane
            rows.append(text)
        }
    }

    /// A step is made.
    ///
    /// - Parameters:
    ///   - ended: texts of which this was the last token, before they are as long as they may be.
    ///   - kept: rows of texts that need fewer from here on.
    package mutating func stepped(ended: [UInt64], rows kept: [UInt64: Int] = [:], now: Duration) {
        guard case .step(let since) = run else { preconditionFailure("no step is being made") }
        run = nil
        hasPrompted = false
        stepTracker.observe(rows: rows.count, time: max(.nanoseconds(1), now - since))
        counts.steps[rows.count, default: 0] += 1
        for row in rows.indices {
            rows[row].made += 1
            let text = rows[row]
            counts.tokens += text.lane == 0 ? 1 : 0
            let hasEnded = ended.contains(text.request.id) || text.made == text.request.tokensMax
            let isLeft = kept[text.request.id].map { text.lane >= max(1, $0) } ?? false
            guard hasEnded || isLeft, !text.isOver else { continue }
            rows[row].isOver = true
            if text.lane == 0 { completed(text, now) }
        }
    }

    /// Takes no new work from here on.
    package mutating func drain() { isDraining = true }

    private mutating func completed(_ text: Text, _ now: Duration) {
        counts.completed += 1
        counts.late += now > text.request.deadline + policy.margin ? 1 : 0
        lengthShare += 0.05 * (Double(text.made) / Double(text.request.tokensMax) - lengthShare)
    }

    private mutating func end(_ id: UInt64) -> Bool {
        if prompting?.request.id == id, prompting?.isOver == false {
            prompting?.isOver = true
            return true
        }
        let isUnderWay = rows.contains { $0.request.id == id && !$0.isOver }
        for row in rows.indices where rows[row].request.id == id { rows[row].isOver = true }
        return isUnderWay
    }

    // MARK: Decisions

    /// The next thing to do; nil while a run is under way or nothing is left to do.
    package mutating func poll(now: Duration) -> Action? {
        guard run == nil else { return nil }
        if prompting?.isOver == true { prompting = nil }
        if let refused = turnAway(now) { return refused }
        if let row = rows.firstIndex(where: \.isOver) {
            rows.swapAt(row, rows.count - 1)
            rows.removeLast()
            return .vacate(row: row, last: rows.count)
        }
        // A step between any two pieces of prompts, if anyone is there to make one.
        if rows.isEmpty || !hasPrompted, let prompt = nextPrompt(now) { return prompt }
        guard !rows.isEmpty else { return nil }
        run = .step(since: now)
        return .step(rows.map { GenerationRow(id: $0.request.id, lane: $0.lane) })
    }

    private mutating func nextPrompt(_ now: Duration) -> Action? {
        if prompting == nil, let next = waiting.first, rows.count + next.rows <= policy.slots {
            prompting = waiting.popFirst().map { Text(request: $0) }
        }
        guard let text = prompting else { return nil }
        let until = min(text.request.prompt, text.read + (policy.chunk ?? text.request.prompt))
        run = .prompt(until: until, since: now)
        return .prompt(text.request, tokens: text.read..<until)
    }

    /// The next text that is past its deadline.
    private mutating func turnAway(_ now: Duration) -> Action? {
        let limit = now - policy.margin
        var victim: GenerationRequest?
        if let text = prompting, text.request.deadline < limit {
            prompting = nil
            victim = text.request
        } else if let text = rows.first(where: { !$0.isOver && $0.request.deadline < limit }) {
            _ = end(text.request.id)
            victim = text.request
        } else if let place = waiting.firstIndex(where: { $0.deadline < limit }) {
            victim = waiting.remove(at: place)
        }
        guard let victim else { return nil }
        counts.late += 1
        counts.turnedAway += 1
        return .turnAway(victim, Refusal(.overdue))
    }

    // MARK: Admission

    private func check(_ request: GenerationRequest, _ now: Duration) -> Refusal? {
        guard !isDraining else { return Refusal(.draining) }
        precondition(request.rows <= policy.slots, "request \(request.id) would never get its rows")
        let alone = promptTime(request.prompt) + stepTime(request.rows) * Double(request.tokensMax - 1)
        guard now + alone <= request.deadline else { return Refusal(.hopeless) }
        guard waiting.count < policy.queueMax else { return Refusal(.full, retryAfter: stepTime(1)) }
        // It is admitted if neither it nor anyone before it is late then.
        let deadlines = deadlines(with: request)
        for (id, completion) in completions(with: request, now: now) {
            guard let deadline = deadlines[id], completion > deadline else { continue }
            return Refusal(.late, retryAfter: max(.zero, completion - deadline))
        }
        return nil
    }
}
