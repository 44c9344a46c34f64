package import Batching
package import ONNX
import Synchronization
import Threading

/// Brings the requests of one model to its executors in batches: the shell around the bouncer.
///
/// Every request is completed exactly once, whatever happens: served, refused, failed, or cancelled by its caller.
package final class Dispatcher: Sendable {
    /// Where batches run.
    package enum Placement: Equatable, Sendable {
        /// On threads of their own, one for each executor.
        case threads
        /// On the thread that calls `pump`: for models that take less time than waking another thread.
        case caller
    }

    package enum Outcome: Sendable {
        /// The outputs that the request asked for, in its order.
        case served([Tensor])
        case failed(ServingError)
        case refused(Refusal)
    }

    package typealias Completion = @Sendable (Outcome) -> Void

    /// One request for the dispatcher.
    package struct Job: Sendable {
        package let inference: PreparedInference
        package let arrival: Duration
        package let deadline: Duration
        package let priority: Int
        /// Called once, on any thread.
        package let complete: Completion

        /// - Parameter deadline: when the answer must be there; what the network and the clock need is taken off it here.
        package init(
            _ inference: PreparedInference,
            arrival: Duration,
            deadline: Duration,
            priority: Int = 0,
            complete: @escaping Completion
        ) {
            self.inference = inference
            self.arrival = arrival
            self.deadline = deadline
            self.priority = priority
            self.complete = complete
        }
    }

    package let policy: BatchingPolicy
    package let placement: Placement
    private let state: Mutex<DispatcherState>
    private let now: @Sendable () -> Duration
    private let run: @Sendable ([PreparedInference]) throws(ServingError) -> [[Tensor]]
    private let executors: [Inbox<BatchWork>]
    private let alarm: AlarmClock

    /// - Parameters:
    ///   - now: a monotonic clock.
    ///   - run: runs requests as one batch and returns the outputs of each; called on as many threads at once as the policy has
    ///     executors.
    package init(
        _ policy: BatchingPolicy,
        placement: Placement,
        now: @escaping @Sendable () -> Duration,
        run: @escaping @Sendable ([PreparedInference]) throws(ServingError) -> [[Tensor]]
    ) {
        self.policy = policy
        self.placement = placement
        self.now = now
        self.run = run
        state = Mutex(DispatcherState(policy))
        executors = placement == .threads ? (0..<policy.executors).map { _ in Inbox() } : []
        alarm = AlarmClock()
        for inbox in executors {
            Thread.start { [self] in
                while let work = inbox.take() {
                    var next: BatchWork? = work
                    while let work = next { next = execute(work) }
                }
            }
        }
        alarm.start { [self] in wake() }
    }

    // MARK: Events

    /// Refuses a request before it is read, if it would be refused anyway.
    package func glance(arrival: Duration, deadline: Duration, priority: Int = 0) -> Refusal? {
        let now = now()
        return state.withLock { state in
            let request = QueuedRequest(
                id: 0,
                arrival: arrival,
                deadline: deadline - policy.margin,
                priority: priority
            )
            return state.bouncer.glance(request, now: now)
        }
    }

    /// Admits a request or refuses it at once; `complete` may be called before this returns.
    ///
    /// - Returns: what to cancel it by.
    @discardableResult
    package func submit(_ job: Job) -> UInt64 {
        let now = now()
        let (id, refusal) = state.withLock { state -> (UInt64, Refusal?) in
            state.lastID += 1
            let request = QueuedRequest(
                id: state.lastID,
                rows: job.inference.rows ?? 1,
                arrival: job.arrival,
                deadline: job.deadline - policy.margin,
                priority: job.priority,
                isIsolated: job.inference.rows == nil
            )
            let refusal = state.bouncer.arrive(request, now: now)
            if refusal == nil { state.jobs[request.id] = job }
            return (request.id, refusal)
        }
        if let refusal { job.complete(.refused(refusal)) } else if placement == .threads { pump() }
        return id
    }

    /// The caller is gone; what has not begun to run is forgotten.
    package func cancel(_ id: UInt64) {
        state.withLock { state in
            if state.bouncer.cancel(id) {
                state.jobs[id] = nil
                state.metrics.cancelled += 1
            }
        }
    }

    /// Takes no new work from here on; the threads end once what was admitted is done.
    package func drain() {
        state.withLock { $0.bouncer.drain() }
        pump()
        closeWhenDone()
    }

    private func closeWhenDone() {
        guard state.withLock({ $0.bouncer.isDraining && $0.isIdle }) else { return }
        alarm.stop()
        for inbox in executors { inbox.close() }
    }

    private func wake() {
        let now = now()
        state.withLock { $0.bouncer.wake(now: now) }
        pump()
    }

    /// Does what is to be done now.
    ///
    /// With `.caller`, batches run here; call it after a group of submissions.
    package func pump() {
        while let work = step() { finish(work) }
        if state.withLock({ $0.bouncer.isDraining }) { closeWhenDone() }
    }

    // MARK: Actions

    /// Performs actions until a batch is to be run by this thread; nil when nothing is left to do.
    private func step(as executor: Int? = nil) -> BatchWork? {
        while true {
            let now = now()
            guard let action = state.withLock({ $0.next(now, alarm) }) else { return nil }
            switch action {
            case .turnAway(let job, let refusal): job.complete(.refused(refusal))
            case .run(let work):
                if placement == .caller || work.batch.executor == executor { return work }
                executors[work.batch.executor].put(work)
            }
        }
    }

    /// Runs a batch on its executor's thread, and returns the next one for it.
    private func execute(_ work: BatchWork) -> BatchWork? {
        finish(work)
        let next = step(as: work.batch.executor)
        if next == nil { closeWhenDone() }
        return next
    }

    private func finish(_ work: BatchWork) {
        let result = Result { () throws(ServingError) in try run(work.jobs.map(\.inference)) }
        let now = now()
        let executor = work.batch.executor
        switch result {
        case .success(let tensors):
            state.withLock { state in
                _ = state.bouncer.finish(executor: executor, now: now)
                state.metrics.record(work.batch, policy, now: now)
            }
            for (job, tensors) in zip(work.jobs, tensors) { job.complete(.served(tensors)) }
        case .failure(let error):
            let culprit = state.withLock { state in
                for (request, job) in zip(work.batch.requests, work.jobs) { state.jobs[request.id] = job }
                let culprit = state.bouncer.fail(executor: executor, now: now)
                state.metrics.failed += culprit == nil ? 0 : 1
                return culprit.flatMap { state.jobs.removeValue(forKey: $0.id) }
            }
            culprit?.complete(.failed(error))
        }
    }

    // MARK: Reports

    /// Whether nothing waits or runs.
    package var isIdle: Bool { state.withLock { $0.isIdle } }

    package var report: DispatchReport {
        let now = now()
        return state.withLock { DispatchReport($0.bouncer, $0.metrics, now: now) }
    }
}
