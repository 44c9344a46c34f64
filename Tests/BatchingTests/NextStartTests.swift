import Batching
import Testing

@Suite struct `A batcher's queue delay` {
    /// Two executors, 10 ms for one row and 16 ms for two.
    private static func batcher() throws -> DeadlineBatcher {
        let profile = try LatencyProfile([(1, .milliseconds(10)), (2, .milliseconds(16))])
        return DeadlineBatcher(
            try BatchingPolicy(
                profile: profile,
                slo: .milliseconds(100),
                margin: .milliseconds(2),
                executors: 2
            )
        )
    }

    private static func add(_ count: Int, to batcher: inout DeadlineBatcher, now: Duration) {
        for id in 0..<count {
            batcher.add(QueuedRequest(id: UInt64(id), arrival: now, deadline: now + .milliseconds(98)))
        }
        while batcher.poll(now: now) != nil {}
    }

    @Test func `is nothing while an executor is idle`() throws {
        var batcher = try Self.batcher()
        #expect(batcher.queueDelay(now: .seconds(5)) == .zero)
        Self.add(1, to: &batcher, now: .seconds(5))
        #expect(batcher.idleExecutors == 1)
        #expect(batcher.queueDelay(now: .seconds(5)) == .zero)
    }

    @Test func `is the time until the next executor is free, and passes`() throws {
        var batcher = try Self.batcher()
        Self.add(4, to: &batcher, now: .zero)
        #expect(batcher.idleExecutors == nil && batcher.queue.isEmpty)
        #expect(batcher.queueDelay(now: .zero) == .milliseconds(16))
        #expect(batcher.queueDelay(now: .milliseconds(6)) == .milliseconds(10))
        #expect(batcher.queueDelay(now: .milliseconds(20)) == .zero, "the batch takes longer than it should")
    }

    @Test func `grows with what waits`() throws {
        var batcher = try Self.batcher()
        Self.add(8, to: &batcher, now: .zero)
        // Two batches run, and two wait: both executors are taken until 32 ms.
        #expect(batcher.queue.count == 4)
        #expect(batcher.queueDelay(now: .zero) == .milliseconds(32))
    }
}
