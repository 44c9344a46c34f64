import Batching
import ONNX
import Synchronization

/// The generator's thread: does what the scheduler says, on the memory that only it touches.
final class GenerationLoop {
    /// A text that is made.
    struct Text {
        let job: GenerationJob
        /// Of a text that is searched for, whose rows are its open texts and then those that wait to be needed again.
        var search: BeamSearch?
        var sampler: TokenSampler
        var pieces: TextPieces
        var last = 0
        var count = 0
        var firstToken = Duration.zero

        init(_ job: GenerationJob, end: Set<Int>) {
            self.job = job
            search = job.search.map {
                BeamSearch(
                    width: $0.width,
                    ends: end,
                    lengthMax: job.tokensMax,
                    lengthPenalty: $0.lengthPenalty
                )
            }
            sampler = TokenSampler(job.sampling, seed: job.seed)
            pieces = TextPieces(stops: job.stops)
        }

        /// What a row goes on from.
        func last(lane: Int) -> Int {
            guard let search, search.open.indices.contains(lane) else { return last }
            return search.open[lane].tokens.last ?? last
        }
    }

    let generator: Generator
    let memory: GenerationMemory
    var texts: [UInt64: Text] = [:]
    let end: Set<Int>
    let vocabulary: Vocabulary

    init(_ generator: Generator) {
        self.generator = generator
        let policy = generator.policy
        let promptMax = policy.chunk ?? generator.model.configuration.promptMax
        memory = GenerationMemory(generator.model, slots: policy.slots, promptMax: promptMax)
        end = Set(generator.model.configuration.end)
        vocabulary = generator.model.configuration.vocabulary
    }

    /// Works until there is nothing left to do.
    ///
    /// - Returns: whether more may come.
    func turn() -> Bool {
        while true {
            let now = generator.now()
            let (gone, action, isOver) = generator.state.withLock { state in
                defer { state.gone = [] }
                let action = state.scheduler.poll(now: now)
                return (state.gone, action, state.scheduler.isDraining && state.scheduler.isIdle)
            }
            for id in gone { texts[id] = nil }
            switch action {
            case nil: return !isOver
            case .turnAway(let request, let refusal): finish(request.id, .refused(refusal))
            case .vacate(let row, let last): memory.vacate(row: row, last: last)
            case .prompt(let request, let tokens): read(request, tokens)
            case .step(let rows): step(rows)
            }
        }
    }

    // MARK: Runs

    private func read(_ request: GenerationRequest, _ tokens: Range<Int>) {
        let isFirst = tokens.lowerBound == 0
        // It is not there any more when its caller went away after the decision.
        let job = generator.state.withLock { $0.jobs[request.id] }
        if isFirst, let job { texts[request.id] = Text(job, end: end) }
        guard let job else {
            texts[request.id] = nil
            return prompted(request, tokens, ended: true)
        }
        do throws(ONNXError) {
            let logits = try memory.read(job.prompt[tokens], isFirst: isFirst)
            let isLast = tokens.upperBound == request.prompt
            let hasEnded =
                isLast && (job.search == nil ? take(request.id, logits) : search(request.id, logits))
            prompted(request, tokens, ended: hasEnded)
        } catch {
            fail(request.id, error)
            prompted(request, tokens, ended: true)
        }
    }

    private func prompted(_ request: GenerationRequest, _ tokens: Range<Int>, ended: Bool) {
        let rows = max(1, texts[request.id]?.search?.places ?? 1)
        if tokens.upperBound == request.prompt { memory.append(rows: rows) }
        let now = generator.now()
        generator.state.withLock { $0.scheduler.prompted(ended: ended, rows: rows, now: now) }
    }

    private func step(_ rows: [GenerationRow]) {
        var ended: [UInt64] = []
        var searches: [(id: UInt64, lane: Int, row: Int)] = []
        do throws(ONNXError) {
            let logits = try memory.step(rows.map { texts[$0.id]?.last(lane: $0.lane) ?? 0 })
            let size = generator.model.vocabularySize
            for (row, text) in rows.enumerated() {
                if texts[text.id]?.search != nil {
                    searches.append((text.id, text.lane, row))
                } else {
                    let part = UnsafeBufferPointer(rebasing: logits[(row * size)..<((row + 1) * size)])
                    if take(text.id, part) { ended.append(text.id) }
                }
            }
            ended += search(searches, logits)
        } catch {
            for row in rows { fail(row.id, error) }
            ended = rows.map(\.id)
        }
        var kept: [UInt64: Int] = [:]
        for search in searches { kept[search.id] = texts[search.id]?.search?.places }
        let now = generator.now()
        generator.state.withLock { $0.scheduler.stepped(ended: ended, rows: kept, now: now) }
    }

    // MARK: Tokens

    /// Draws a text's next token and tells it.
    ///
    /// - Returns: whether it was the last one.
    private func take(_ id: UInt64, _ logits: UnsafeBufferPointer<Float>) -> Bool {
        guard var text = texts[id], isWanted(id) else {
            texts[id] = nil
            return true
        }
        let token = text.sampler.next(logits)
        text.count += 1
        text.last = token
        if text.count == 1 { text.firstToken = generator.now() }
        var reason: GenerationJob.Reason?
        if end.contains(token) {
            reason = .stop
        } else {
            let piece = text.pieces.append(vocabulary.bytes(of: token))
            if !piece.isEmpty { text.job.tell(.piece(piece)) }
            if text.pieces.hasStopped {
                reason = .stop
            } else if text.count == text.job.tokensMax {
                reason = .length
            }
        }
        texts[id] = text
        guard let reason else { return false }
        let rest = text.pieces.finish()
        if !rest.isEmpty { text.job.tell(.piece(rest)) }
        measure(text)
        finish(id, .completed(reason, tokens: text.count))
        return true
    }

    func isWanted(_ id: UInt64) -> Bool { generator.state.withLock { $0.jobs[id] != nil } }

    private func measure(_ text: Text) {
        let now = generator.now()
        generator.state.withLock { state in
            state.metrics.firstToken.record(text.firstToken - text.job.arrival)
            guard text.count > 1 else { return }
            state.metrics.tokenTime.record((now - text.firstToken) / (text.count - 1))
        }
    }

    private func fail(_ id: UInt64, _ error: ONNXError) {
        generator.state.withLock { state in
            if state.jobs[id] != nil { state.metrics.failed += 1 }
        }
        finish(id, .failed(ServingError(running: error)))
    }

    func finish(_ id: UInt64, _ ending: GenerationJob.Ending) {
        texts[id] = nil
        let job = generator.state.withLock { $0.jobs.removeValue(forKey: id) }
        job?.tell(.ended(ending))
    }
}
