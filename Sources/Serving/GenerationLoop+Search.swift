import Batching
import Synchronization
import Wire

/// Texts that are searched for: several rows of a step, of which some go on with the states of others.
extension GenerationLoop {
    /// Begins a search with what may follow the prompt.
    ///
    /// - Parameter logits: [V].
    /// - Returns: whether the text was over with that.
    func search(_ id: UInt64, _ logits: UnsafeBufferPointer<Float>) -> Bool {
        advance(id) { _ in logits } == nil
    }

    /// Continues searches after a step.
    ///
    /// - Parameters:
    ///   - rows: of all texts that are searched for, in any order.
    ///   - logits: [rows of the step, V].
    /// - Returns: texts that are over.
    func search(
        _ rows: [(id: UInt64, lane: Int, row: Int)],
        _ logits: UnsafeBufferPointer<Float>
    ) -> [UInt64] {
        let size = generator.model.vocabularySize
        var ended: [UInt64] = []
        for (id, rows) in Dictionary(grouping: rows, by: \.id).sorted(by: { $0.key < $1.key }) {
            let places = rows.sorted { $0.lane < $1.lane }.map(\.row)
            let next = advance(id) { lane in
                UnsafeBufferPointer(rebasing: logits[(places[lane] * size)..<((places[lane] + 1) * size)])
            }
            if let next {
                memory.reorder(Array(places[..<next.count]), from: next.map { places[$0.parent] })
            } else {
                ended.append(id)
            }
        }
        return ended
    }

    /// A step of a search; what continues which, or nil when the text is over.
    private func advance(
        _ id: UInt64,
        _ logits: (_ lane: Int) -> UnsafeBufferPointer<Float>
    ) -> [BeamSearch.Continuation]? {
        guard let text = texts[id], var search = text.search, isWanted(id) else {
            texts[id] = nil
            return nil
        }
        let next = search.advance(search.open.indices.flatMap(logits))
        texts[id]?.search = search
        guard search.isOver else { return next }
        complete(id, text, search.best)
        return nil
    }

    /// Tells a text whole: until its end is chosen none of it is certain.
    private func complete(_ id: UInt64, _ text: Text, _ best: BeamSearch.Hypothesis?) {
        guard let best else {
            let error = ServingError(
                status: 500,
                "the model's scores are no numbers; no token can be chosen by them"
            )
            return finish(id, .failed(error))
        }
        var pieces = text.pieces
        var told = ""
        for token in best.tokens where !end.contains(token) && !pieces.hasStopped {
            told += pieces.append(vocabulary.bytes(of: token))
        }
        told += pieces.finish()
        if !told.isEmpty { text.job.tell(.piece(told)) }
        let now = generator.now()
        generator.state.withLock { $0.metrics.firstToken.record(now - text.job.arrival) }
        let hasEnded = pieces.hasStopped || best.tokens.last.map(end.contains) ?? false
        finish(id, .completed(hasEnded ? .stop : .length, tokens: best.tokens.count))
    }
}
