import Batching
import Synchronization
package import Wire

/// The texts of one request while they are made, and where they go.
package final class GenerationRun: Sendable {
    /// Where an answer goes; called in order, on any thread, and never while the caller holds a lock that these take.
    package struct Sink: Sendable {
        /// The whole answer.
        package let respond: @Sendable (HTTPResponse) -> Void
        /// The status and headers of an answer that is sent while it is made.
        package let begin: @Sendable (HTTPResponse) -> Void
        package let write: @Sendable ([UInt8]) -> Void
        package let end: @Sendable () -> Void

        package init(
            respond: @escaping @Sendable (HTTPResponse) -> Void,
            begin: @escaping @Sendable (HTTPResponse) -> Void,
            write: @escaping @Sendable ([UInt8]) -> Void,
            end: @escaping @Sendable () -> Void
        ) {
            self.respond = respond
            self.begin = begin
            self.write = write
            self.end = end
        }
    }

    private struct State {
        var texts: [GenerationCall.Text]
        var ids: [UInt64] = []
        var hasBegun = false
        var isOver = false
    }

    private let call: GenerationCall
    private let generator: Generator
    private let sink: Sink
    private let state: Mutex<State>
    private let promptTokens: Int
    private let prompts: [[Int]]

    /// - Throws: for prompts that the model cannot read.
    package init(_ call: GenerationCall, on generator: Generator, to sink: Sink) throws(ServingError) {
        self.call = call
        self.generator = generator
        self.sink = sink
        if let width = call.parameters.search?.width, width > generator.policy.slots {
            throw .badRequest(
                "'beam_width' is \(width); this model has places for \(generator.policy.slots) texts at once"
            )
        }
        var prompts: [[Int]] = []
        for text in call.prompts { prompts.append(try generator.model.prompt(text)) }
        self.prompts = prompts
        let configuration = generator.model.configuration
        let added = configuration.encoder == nil ? configuration.start.count : 1
        promptTokens = prompts.reduce(0) { $0 + max(0, $1.count - added) }
        state = Mutex(State(texts: Array(repeating: .init(), count: call.prompts.count)))
    }

    /// Asks for the texts; all of them are admitted, or none.
    ///
    /// - Parameter deadline: when the answer must be there.
    package func start(arrival: Duration, deadline: Duration) {
        let seed = call.parameters.seed ?? UInt64.random(in: 0...UInt64.max)
        for (index, prompt) in prompts.enumerated() {
            let job = GenerationJob(
                prompt: prompt,
                tokensMax: call.parameters.tokensMax,
                sampling: call.parameters.sampling,
                search: call.parameters.search,
                // Equal prompts of one request still get texts of their own.
                seed: seed &+ UInt64(index),
                stops: call.parameters.stops,
                arrival: arrival,
                deadline: deadline
            ) { [self] in told($0, of: index) }
            switch generator.submit(job) {
            case .success(let id):
                let isOver = state.withLock { state in
                    state.ids.append(id)
                    return state.isOver
                }
                if isOver { return cancel() }
            case .failure(let refusal): return told(.ended(.refused(refusal)), of: index)
            }
        }
    }

    /// The caller is gone.
    package func cancel() {
        let ids = state.withLock { state in
            state.isOver = true
            return state.ids
        }
        for id in ids { generator.cancel(id) }
    }

    // MARK: Events

    private func told(_ event: GenerationJob.Event, of index: Int) {
        let hasFailed = state.withLock { state -> Bool in
            guard !state.isOver else { return false }
            switch event {
            case .piece(let text):
                if call.streams {
                    send(call.piece(index, text), index, &state)
                } else {
                    state.texts[index].text += text
                }
            case .ended(let ending):
                state.texts[index].ending = ending
                switch ending {
                case .completed(let reason, let tokens): completed(index, reason, tokens, &state)
                case .refused, .failed: return interrupt(ending, &state)
                }
            }
            return false
        }
        if hasFailed { cancel() }
    }

    private func send(_ bytes: [UInt8], _ index: Int, _ state: inout State) {
        if !state.hasBegun {
            state.hasBegun = true
            sink.begin(GenerationCall.streamHead)
            for index in call.prompts.indices {
                let opening = call.opening(index)
                if !opening.isEmpty { sink.write(opening) }
            }
        }
        sink.write(bytes)
    }

    private func completed(_ index: Int, _ reason: GenerationJob.Reason, _ tokens: Int, _ state: inout State)
    {
        if call.streams { send(call.ending(index, reason, tokens: tokens), index, &state) }
        guard state.texts.allSatisfy({ $0.ending != nil }) else { return }
        state.isOver = true
        guard call.streams else { return sink.respond(call.answer(state.texts, promptTokens: promptTokens)) }
        let total = state.texts.reduce(0) { sum, text in
            if case .completed(_, let tokens)? = text.ending { sum + tokens } else { sum }
        }
        let closing = call.closing(promptTokens: promptTokens, tokens: total)
        if !closing.isEmpty { sink.write(closing) }
        sink.end()
    }

    /// One text cannot be made, so the request cannot be answered; true, for the others to be given up.
    private func interrupt(_ ending: GenerationJob.Ending, _ state: inout State) -> Bool {
        state.isOver = true
        let response = call.failure(ending)
        if state.hasBegun {
            sink.write(call.interruption(response))
            sink.end()
        } else {
            sink.respond(response)
        }
        return true
    }
}

extension GenerationCall {
    var isOpenAI: Bool { if case .completions = dialect { true } else { false } }

    /// The answer for a text that could not be made.
    func failure(_ ending: GenerationJob.Ending) -> HTTPResponse {
        switch ending {
        case .refused(let refusal): GenerationService.refused(refusal, isOpenAI: isOpenAI)
        case .failed(let error): GenerationService.failure(error, isOpenAI: isOpenAI)
        case .completed: preconditionFailure("a complete text is no failure")
        }
    }
}
