package import Batching
import Synchronization
import Threading

/// Decodes pictures on threads of its own, started when the first one comes: the shell around `DecodeQueue`.
package final class DecodeThreads: Sendable {
    package enum Outcome: Sendable {
        case decoded(PreparedInference)
        case failed(ServingError)
        case refused(Refusal)
    }

    private struct Job: Sendable {
        let encoded: EncodedInference
        let ticket: Ticket
        let complete: @Sendable (Outcome) -> Void
    }

    /// What a request is cancelled by.
    package final class Ticket: Sendable {
        fileprivate let isCancelled = Atomic<Bool>(false)

        /// Nobody waits for the answer any more.
        package func cancel() { isCancelled.store(true, ordering: .relaxed) }
    }

    private struct State {
        var queue: DecodeQueue
        var isStarted = false
        /// Called when the last picture is decoded; nil before draining.
        var whenDrained: (@Sendable () -> Void)?
        var isDraining = false
    }

    private let workers: Int
    private let state: Mutex<State>
    private let inbox = Inbox<Job>()
    private let now: @Sendable () -> Duration
    private let decode: @Sendable (EncodedInference) -> Result<PreparedInference, ServingError>

    /// - Parameters:
    ///   - now: a monotonic clock.
    ///   - decode: called on as many threads at once as there are workers.
    package init(
        workers: Int,
        now: @escaping @Sendable () -> Duration,
        decode: @escaping @Sendable (EncodedInference) -> Result<PreparedInference, ServingError>
    ) {
        self.workers = workers
        self.now = now
        self.decode = decode
        state = Mutex(State(queue: DecodeQueue(workers: workers)))
    }

    package var isIdle: Bool { state.withLock { $0.queue.isIdle } }

    /// Takes a request or refuses it at once.
    ///
    /// - Parameters:
    ///   - latest: when it must be decoded.
    ///   - complete: called once, on any thread, unless it is cancelled.
    package func submit(
        _ encoded: EncodedInference,
        latest: Duration,
        complete: @escaping @Sendable (Outcome) -> Void
    ) -> Ticket {
        let ticket = Ticket()
        let now = now()
        let (refusal, starts) = state.withLock { state -> (Refusal?, Bool) in
            if state.isDraining { return (Refusal(.draining), false) }
            let refusal = state.queue.admit(pixels: encoded.pixels, latest: latest, now: now)
            defer { state.isStarted = state.isStarted || refusal == nil }
            return (refusal, refusal == nil && !state.isStarted)
        }
        if let refusal {
            complete(.refused(refusal))
            return ticket
        }
        if starts { start() }
        inbox.put(Job(encoded: encoded, ticket: ticket, complete: complete))
        return ticket
    }

    private func start() {
        for _ in 0..<workers {
            Thread.start { [self] in while let job = inbox.take() { run(job) } }
        }
    }

    private func run(_ job: Job) {
        let isCancelled = job.ticket.isCancelled.load(ordering: .relaxed)
        let start = now()
        if !isCancelled {
            switch decode(job.encoded) {
            case .success(let inference): job.complete(.decoded(inference))
            case .failure(let error): job.complete(.failed(error))
            }
        }
        let took = isCancelled ? nil : now() - start
        let drained = state.withLock { state -> (@Sendable () -> Void)? in
            state.queue.finish(pixels: job.encoded.pixels, took: took)
            guard state.queue.isIdle else { return nil }
            defer { state.whenDrained = nil }
            return state.whenDrained
        }
        drained?()
    }

    /// Takes no new work from here on.
    ///
    /// - Parameter drained: called once nothing is being decoded, perhaps at once.
    package func drain(_ drained: @escaping @Sendable () -> Void) {
        let isIdle = state.withLock { state in
            state.isDraining = true
            if !state.queue.isIdle { state.whenDrained = drained }
            return state.queue.isIdle
        }
        if isIdle { drained() }
    }
}
