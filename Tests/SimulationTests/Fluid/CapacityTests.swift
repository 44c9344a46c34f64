import Batching
import Planning
import Testing

@Suite struct `The capacity of an instance` {
    private static func workload(slo: Duration) throws -> Workload {
        let profile = try LatencyProfile([
            (1, .milliseconds(20)), (4, .milliseconds(40)), (8, .milliseconds(80)),
        ])
        return Workload(
            name: "model",
            slo: slo,
            target: 0.98,
            margin: .milliseconds(10),
            function: Workload.Function(memoryMiB: 1769, latency: .milliseconds(20), initTime: .seconds(1)),
            machines: ["c5.large": .init(executors: 2, profile: profile)]
        )
    }

    @Test func `is that of full batches, 85 % of the time`() throws {
        let workload = try Self.workload(slo: .milliseconds(100))
        // Four rows in 40 ms are as good as eight in 80.
        #expect(workload.capacity("c5.large") == 0.85 * 2 * 100)
        #expect(workload.capacity("c5.large", isBatching: false) == 0.85 * 2 * 50)
    }

    @Test func `is none where the objective cannot be kept, or nothing is known of the type`() throws {
        #expect(try Self.workload(slo: .milliseconds(25)).capacity("c5.large") == nil)
        #expect(try Self.workload(slo: .milliseconds(100)).capacity("c7g.large") == nil)
    }
}
