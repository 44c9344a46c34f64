import Batching
import Seeded

/// Requests through admission and batching, without engine and clock, as the simulator does it.
struct BatchingBenchmark {
    private static let count = 300_000
    private static let rounds = 5

    func run(_ report: inout Report) throws {
        Report.progress("batching")
        // A batch of n takes 4.6 + 5 n ms on each of two executors: at most 350 requests a second within 100 ms.
        let points = (1...32).map { ($0, Duration.microseconds(4600 + 5000 * $0)) }
        let policy = try BatchingPolicy(
            profile: LatencyProfile(points),
            slo: .milliseconds(100),
            margin: .milliseconds(1),
            executors: 2
        )
        for (name, rate) in [("at 0.8 of its capacity", 280.0), ("at twice its capacity", 700)] {
            let times = (0..<Self.rounds).map { _ in Self.play(policy, rate) / Self.count }
            report.add("a request through the bouncer, \(name)", times)
        }
    }

    private static func play(_ policy: BatchingPolicy, _ rate: Double) -> Duration {
        var generator = SeededGenerator(seed: 1)
        let arrivals = (0..<count).map { _ in 2 * generator.unit() / rate }
        return ContinuousClock().measure {
            var world = World(policy)
            var now = 0.0
            for (id, gap) in arrivals.enumerated() {
                now += gap
                world.arrive(UInt64(id), at: .nanoseconds(Int64(now * 1e9)))
            }
            precondition(world.bouncer.counts.served > count / 4, "hardly anything was served")
        }
    }

    /// Executors that take as long as the profile says.
    private struct World {
        var bouncer: Bouncer
        private var ends: [Duration?]
        private var alarm: Duration?

        init(_ policy: BatchingPolicy) {
            bouncer = Bouncer(policy)
            ends = Array(repeating: nil, count: policy.executors)
        }

        mutating func arrive(_ id: UInt64, at instant: Duration) {
            while let next = next, next.instant <= instant {
                if let executor = next.executor {
                    ends[executor] = nil
                    _ = bouncer.finish(executor: executor, now: next.instant)
                } else {
                    alarm = nil
                    bouncer.wake(now: next.instant)
                }
                act(next.instant)
            }
            let policy = bouncer.policy
            let deadline = instant + policy.slo - policy.margin
            _ = bouncer.arrive(QueuedRequest(id: id, arrival: instant, deadline: deadline), now: instant)
            act(instant)
        }

        /// What happens next; without an executor it is the alarm.
        private var next: (instant: Duration, executor: Int?)? {
            var next: (instant: Duration, executor: Int?)? = alarm.map { ($0, nil) }
            for (executor, end) in ends.enumerated() {
                if let end, end < next?.instant ?? .seconds(Int64.max / 2) { next = (end, executor) }
            }
            return next
        }

        private mutating func act(_ now: Duration) {
            while let action = bouncer.poll(now: now) {
                switch action {
                case .run(let batch): ends[batch.executor] = now + bouncer.policy.profile[batch.rows]
                case .turnAway: break
                case .wake(let instant): alarm = max(instant, now)
                }
            }
        }
    }
}
