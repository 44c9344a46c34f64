import Batching
import ONNX
import Synchronization

/// The generator's thread: does what the scheduler says, on the memory that only it touches.
final class GenerationLoop {
    /// A text that is made.
    private struct Text {
        let job: GenerationJob
        var sampler: TokenSampler
        var pieces: TextPieces
        var last = 0
        var count = 0
        var firstToken = Duration.zero

        init(_ job: GenerationJob) {
            self.job = job
            sampler = TokenSampler(job.sampling, seed: job.seed)
            pieces = TextPieces(stops: job.stops)
        }
    }

    private let generator: Generator
    private let memory: GenerationMemory
    private var texts: [UInt64: Text] = [:]
    private let end: Set<Int>
    private let vocabulary: Vocabulary

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
            case .step(let ids): step(ids)
            }
        }
    }

    // MARK: Runs

    private func read(_ request: GenerationRequest, _ tokens: Range<Int>) {
        let isFirst = tokens.lowerBound == 0
        // It is not there any more when its caller went away after the decision.
        let job = generator.state.withLock { $0.jobs[request.id] }
        if isFirst, let job { texts[request.id] = Text(job) }
        guard let job else {
            texts[request.id] = nil
            return prompted(request, tokens, ended: true)
        }
        do throws(ONNXError) {
            let logits = try memory.read(job.prompt[tokens], isFirst: isFirst)
            let isLast = tokens.upperBound == request.prompt
            prompted(request, tokens, ended: isLast && take(request.id, logits))
        } catch {
            fail(request.id, error)
            prompted(request, tokens, ended: true)
        }
    }

    private func prompted(_ request: GenerationRequest, _ tokens: Range<Int>, ended: Bool) {
        if tokens.upperBound == request.prompt { memory.append() }
        let now = generator.now()
        generator.state.withLock { $0.scheduler.prompted(ended: ended, now: now) }
    }

    private func step(_ ids: [UInt64]) {
        var ended: [UInt64] = []
        do throws(ONNXError) {
            let logits = try memory.step(ids.map { texts[$0]?.last ?? 0 })
            let size = generator.model.vocabularySize
            for (row, id) in ids.enumerated() {
                let part = UnsafeBufferPointer(rebasing: logits[(row * size)..<((row + 1) * size)])
                if take(id, part) { ended.append(id) }
            }
        } catch {
            for id in ids { fail(id, error) }
            ended = ids
        }
        let now = generator.now()
        generator.state.withLock { $0.scheduler.stepped(ended: ended, now: now) }
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

    private func isWanted(_ id: UInt64) -> Bool { generator.state.withLock { $0.jobs[id] != nil } }

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

    private func finish(_ id: UInt64, _ ending: GenerationJob.Ending) {
        texts[id] = nil
        let job = generator.state.withLock { $0.jobs.removeValue(forKey: id) }
        job?.tell(.ended(ending))
    }
}
