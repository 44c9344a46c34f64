import Batching
import Threading

/// What a dispatcher guards with its lock: the bouncer, and the jobs that its numbers stand for.
struct DispatcherState {
    enum Action {
        case run(BatchWork)
        case turnAway(Dispatcher.Job, Refusal)
    }

    var bouncer: Bouncer
    /// Jobs that wait, by the number of their request.
    var jobs: [UInt64: Dispatcher.Job] = [:]
    var lastID: UInt64 = 0
    var metrics = DispatchMetrics()

    init(_ policy: BatchingPolicy) { bouncer = Bouncer(policy) }

    var isIdle: Bool { bouncer.isIdle && jobs.isEmpty }

    /// The bouncer's next action, with the jobs that it concerns; the alarm is set on the way, in the order of decisions.
    mutating func next(_ now: Duration, _ alarm: AlarmClock) -> Action? {
        while let action = bouncer.poll(now: now) {
            switch action {
            case .wake(let instant): alarm.set(instant)
            case .turnAway(let request, let refusal):
                if let job = jobs.removeValue(forKey: request.id) { return .turnAway(job, refusal) }
            case .run(let batch):
                let taken = batch.requests.compactMap { jobs.removeValue(forKey: $0.id) }
                return .run(BatchWork(batch: batch, jobs: taken))
            }
        }
        return nil
    }
}

/// A batch with the jobs that it serves.
struct BatchWork: Sendable {
    let batch: Batch
    let jobs: [Dispatcher.Job]
}
