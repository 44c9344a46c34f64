import Batching

/// A machine on which steps and prompts take exactly the times of their profiles; it drives the scheduler as the engine does.
struct GenerationMachine {
    var scheduler: GenerationScheduler
    private(set) var now = Duration.zero
    /// Texts that end by themselves, with their lengths.
    var lengths: [UInt64: Int] = [:]
    /// By text with several rows: how many it takes after its prompt and after each step, the last for all further ones.
    var widths: [UInt64: [Int]] = [:]
    /// What was run, as `p1` for the prompt of request 1, `[1 2]` for a step, `-1` for a text that was turned away.
    ///
    /// The second row of a text is `1'`, and so on.
    private(set) var log: [String] = []
    private(set) var completed: [UInt64: Duration] = [:]
    private(set) var firstTokens: [UInt64: Duration] = [:]
    /// The rows as the engine's memory would hold them.
    private(set) var rows: [GenerationRow] = []
    private var made: [UInt64: Int] = [:]
    private var limits: [UInt64: Int] = [:]

    init(
        step: Duration = .milliseconds(1),
        prompt: Duration = .milliseconds(1),
        slots: Int = 4,
        chunk: Int? = 8,
        slo: Duration = .seconds(10),
        queueMax: Int = 256
    ) throws {
        let policy = try GenerationPolicy(
            step: LatencyProfile((1...slots).map { ($0, step) }),
            prompt: LatencyProfile([(1, prompt)]),
            slots: slots,
            chunk: chunk,
            slo: slo,
            margin: .zero,
            queueMax: queueMax
        )
        scheduler = GenerationScheduler(policy)
    }

    @discardableResult
    mutating func arrive(
        _ id: UInt64,
        prompt: Int = 1,
        tokens: Int = 4,
        rows: Int = 1,
        within: Duration? = nil
    ) -> Refusal? {
        limits[id] = tokens
        return scheduler.arrive(
            GenerationRequest(
                id: id,
                prompt: prompt,
                tokensMax: tokens,
                rows: rows,
                arrival: now,
                deadline: now + (within ?? scheduler.policy.slo)
            ),
            now: now
        )
    }

    mutating func wait(_ time: Duration) { now += time }

    /// Does the next things up to and including a run.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    mutating func turn(slowness: Double = 1) -> Bool {
        while let action = scheduler.poll(now: now) {
            switch action {
            case .turnAway(let request, _): log.append("-\(request.id)")
            case .vacate(let row, let last):
                rows.swapAt(row, last)
                rows.removeLast()
            case .prompt(let request, let tokens):
                log.append(tokens.count == request.prompt ? "p\(request.id)" : "p\(request.id):\(tokens)")
                now += scheduler.policy.prompt[tokens.count] * slowness
                prompted(request, tokens)
                return true
            case .step(let texts):
                let names = texts.map { "\($0.id)" + String(repeating: "'", count: $0.lane) }
                log.append("[\(names.joined(separator: " "))]")
                precondition(texts == rows, "the scheduler's rows are \(texts), the engine's \(rows)")
                now += scheduler.policy.step[texts.count] * slowness
                stepped(texts.filter { $0.lane == 0 }.map(\.id))
                return true
            }
        }
        return false
    }

    mutating func runToEnd() { while turn() {} }

    private mutating func prompted(_ request: GenerationRequest, _ tokens: Range<Int>) {
        let isWhole = tokens.upperBound == request.prompt
        let width = widths[request.id]?.first ?? request.rows
        if isWhole {
            rows += (0..<width).map { GenerationRow(id: request.id, lane: $0) }
            firstTokens[request.id] = now
        }
        scheduler.prompted(ended: isWhole && count(request.id), rows: width, now: now)
    }

    private mutating func stepped(_ ids: [UInt64]) {
        let ended = ids.filter { count($0) }
        var kept: [UInt64: Int] = [:]
        for id in ids {
            guard let widths = widths[id], let made = made[id] else { continue }
            kept[id] = widths[min(made, widths.count) - 1]
        }
        scheduler.stepped(ended: ended, rows: kept, now: now)
    }

    /// One token more; whether it was the text's own last one.
    private mutating func count(_ id: UInt64) -> Bool {
        made[id, default: 0] += 1
        let hasEnded = made[id] == lengths[id]
        if hasEnded || made[id] == limits[id] { completed[id] = now }
        return hasEnded
    }
}
