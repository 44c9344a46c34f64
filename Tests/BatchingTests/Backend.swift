import Seeded
import Batching
import Glibc
import TestKit

/// A backend without threads: a bouncer, executors whose runs take what a closure says, and the story of what happened.
struct Backend {
    enum Outcome: Equatable {
        case served(Duration)
        case refused(Refusal.Reason)
        case turnedAway(Refusal.Reason)
        case cancelled
        case failed
    }

    private(set) var bouncer: Bouncer
    private(set) var now = Duration.zero
    private(set) var outcomes: [UInt64: [Outcome]] = [:]
    private(set) var batches: [Batch] = []
    private var ends: [Int: Duration] = [:]
    private var alarm: Duration?
    /// How long a batch really takes.
    private let time: (Batch) -> Duration
    /// Whether a batch fails.
    private let fails: (Batch) -> Bool

    init(
        _ policy: BatchingPolicy,
        fails: @escaping (Batch) -> Bool = { _ in false },
        time: @escaping (Batch) -> Duration
    ) {
        bouncer = Bouncer(policy)
        self.time = time
        self.fails = fails
    }

    init(_ policy: BatchingPolicy) { self.init(policy) { policy.profile[$0.rows] } }

    /// Lets time pass up to an instant, with everything that happens until then.
    mutating func advance(to instant: Duration) {
        while let next = [alarm, ends.values.min()].compactMap({ $0 }).min(), next <= instant {
            now = max(now, next)
            if let alarm, alarm <= now {
                self.alarm = nil
                bouncer.wake(now: now)
            }
            for (executor, end) in ends.sorted(by: { $0.key < $1.key }) where end <= now { finish(executor) }
            act()
        }
        now = max(now, instant)
    }

    mutating func arrive(_ request: QueuedRequest) {
        advance(to: request.arrival)
        if let refusal = bouncer.arrive(request, now: now) {
            outcomes[request.id, default: []].append(.refused(refusal.reason))
        }
        act()
    }

    mutating func cancel(_ id: UInt64) {
        if bouncer.cancel(id) { outcomes[id, default: []].append(.cancelled) }
        act()
    }

    mutating func drain() {
        bouncer.drain()
        act()
    }

    /// Lets everything end.
    mutating func settle() { advance(to: now + .seconds(100_000)) }

    private mutating func finish(_ executor: Int) {
        ends[executor] = nil
        guard let batch = batches.last(where: { $0.executor == executor }) else { return }
        if fails(batch) {
            if let culprit = bouncer.fail(executor: executor, now: now) {
                outcomes[culprit.id, default: []].append(.failed)
            }
        } else {
            for request in bouncer.finish(executor: executor, now: now).requests {
                outcomes[request.id, default: []].append(.served(now))
            }
        }
    }

    private mutating func act() {
        while let action = bouncer.poll(now: now) {
            switch action {
            case .run(let batch):
                batches.append(batch)
                ends[batch.executor] = now + time(batch)
            case .turnAway(let request, let refusal):
                outcomes[request.id, default: []].append(.turnedAway(refusal.reason))
            case .wake(let instant): alarm = max(instant, now)
            }
        }
    }
}

extension SeededGenerator {
    /// An exponentially distributed time.
    mutating func exponential(mean: Double) -> Duration {
        .nanoseconds(Int64(-mean * 1e9 * log(max(unit(), 1e-12))))
    }
}
