package import Batching
import Synchronization
import Threading

/// Makes the texts of one model, all at once, on a thread of its own: the shell around the scheduler.
///
/// Every job is told its end exactly once, whatever happens, unless it is cancelled.
package final class Generator: Sendable {
    struct State {
        var scheduler: GenerationScheduler
        /// Jobs under way, by the number of their request.
        var jobs: [UInt64: GenerationJob] = [:]
        var lastID: UInt64 = 0
        /// Cancelled texts that the thread has not forgotten yet.
        var gone: [UInt64] = []
        var metrics = GenerationMetrics()
    }

    package let model: GenerationModel
    package let policy: GenerationPolicy
    let state: Mutex<State>
    let now: @Sendable () -> Duration
    private let work = Semaphore()

    /// - Parameter now: a monotonic clock.
    package init(
        _ model: GenerationModel,
        _ policy: GenerationPolicy,
        now: @escaping @Sendable () -> Duration
    ) {
        self.model = model
        self.policy = policy
        self.now = now
        state = Mutex(State(scheduler: GenerationScheduler(policy)))
        Thread.start { [self] in
            let loop = GenerationLoop(self)
            while loop.turn() { work.wait() }
        }
    }

    /// Admits a job or refuses it at once.
    ///
    /// - Returns: what to cancel it by, or why it is refused; the job is not told that.
    package func submit(_ job: GenerationJob) -> Result<UInt64, Refusal> {
        let now = now()
        let result = state.withLock { state -> Result<UInt64, Refusal> in
            state.lastID += 1
            let request = GenerationRequest(
                id: state.lastID,
                prompt: job.prompt.count,
                tokensMax: job.tokensMax,
                rows: job.search?.width ?? 1,
                arrival: job.arrival,
                deadline: job.deadline - policy.margin
            )
            if let refusal = state.scheduler.arrive(request, now: now) { return .failure(refusal) }
            state.jobs[request.id] = job
            return .success(request.id)
        }
        if case .success = result { work.post() }
        return result
    }

    /// The caller is gone: the text's place is free by the next step, and nothing more is told.
    package func cancel(_ id: UInt64) {
        state.withLock { state in
            if state.jobs.removeValue(forKey: id) != nil { state.gone.append(id) }
            _ = state.scheduler.cancel(id)
        }
        work.post()
    }

    /// Takes no new work from here on; the thread ends once what was admitted is done.
    package func drain() {
        state.withLock { $0.scheduler.drain() }
        work.post()
    }

    /// Whether nothing waits or runs.
    package var isIdle: Bool { state.withLock { $0.scheduler.isIdle && $0.jobs.isEmpty } }

    package var report: GenerationReport {
        let now = now()
        return state.withLock { GenerationReport($0.scheduler, $0.metrics, now: now) }
    }
}
