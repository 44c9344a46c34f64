import Backend
import Batching
import Fleet
import Serving
import Testing

@Suite struct `A heartbeat's figures` {
    /// Two executors, 10 ms alone, 16 ms for two, within 100 ms.
    private static func policy() throws -> BatchingPolicy {
        let profile = try LatencyProfile([(1, .milliseconds(10)), (2, .milliseconds(16))])
        return try BatchingPolicy(
            profile: profile,
            slo: .milliseconds(100),
            margin: .milliseconds(2),
            executors: 2
        )
    }

    private static func report(_ bouncer: Bouncer, at milliseconds: Int) -> DispatchReport {
        DispatchReport(bouncer, DispatchMetrics(), now: .milliseconds(milliseconds))
    }

    @Test func `are zero without models`() {
        let load = FleetLoad([], readers: 1)
        #expect(load.capacity == 0 && load.load == .init())
    }

    @Test func `hold the capacity that the planner plans with`() throws {
        // 0.85 * 2 executors * 2 rows / 16 ms.
        let load = FleetLoad([Self.report(Bouncer(try Self.policy()), at: 0)], readers: 1)
        #expect(abs(load.capacity - 212.5) < 0.001)
    }

    @Test func `hold no more than the threads that read can take`() throws {
        let profile = try LatencyProfile([(1, .microseconds(10))])
        let policy = try BatchingPolicy(profile: profile, slo: .milliseconds(100), margin: .milliseconds(1))
        let report = Self.report(Bouncer(policy), at: 0)
        #expect(Int(FleetLoad([report], readers: 1).capacity.rounded()) == 17_000)
        #expect(Int(FleetLoad([report], readers: 3).capacity.rounded()) == 51_000)
    }

    @Test func `count what is in flight, served and refused, over all models`() throws {
        var bouncer = Bouncer(try Self.policy())
        var refused = 0
        for id in 1...40 {
            let request = QueuedRequest(id: UInt64(id), arrival: .zero, deadline: .milliseconds(98))
            if bouncer.arrive(request, now: .zero) != nil { refused += 1 }
        }
        var running = 0
        while let action = bouncer.poll(now: .zero) { if case .run = action { running += 1 } }
        #expect(running == 2 && refused > 0)
        _ = bouncer.finish(executor: 0, now: .milliseconds(16))
        let report = Self.report(bouncer, at: 16)
        let load = FleetLoad([report, report], readers: 1).load
        #expect(load.served == 2 * bouncer.counts.served && load.served > 0)
        #expect(load.refused == 2 * refused)
        #expect(load.inFlight == 2 * (40 - refused - bouncer.counts.served))
        // The other executor ends now as well, and what waits is more than two batches.
        #expect(load.queueDelay >= .milliseconds(16) && load.queueDelay < .milliseconds(100))
        #expect(load.late == 0)
    }

    @Test func `count what was turned away as refused, not as late`() throws {
        var bouncer = Bouncer(try Self.policy())
        for id in 1...8 {
            let request = QueuedRequest(id: UInt64(id), arrival: .zero, deadline: .milliseconds(98))
            #expect(bouncer.arrive(request, now: .zero) == nil)
        }
        while bouncer.poll(now: .zero) != nil {}
        // The machine stood still for a second.
        _ = bouncer.finish(executor: 0, now: .seconds(1))
        while bouncer.poll(now: .seconds(1)) != nil {}
        let load = FleetLoad([Self.report(bouncer, at: 1000)], readers: 1).load
        #expect(load.served == 2 && load.late == 2)
        #expect(load.refused == 4 && load.inFlight == 2)
    }

    @Test func `share the machine among models as their requests do`() {
        #expect(FleetLoad.capacity([(300, 0), (100, 0)]) == 100)
        #expect(abs(FleetLoad.capacity([(300, 3), (100, 1)]) - 200) < 1e-9)
        #expect(FleetLoad.capacity([(300, 9), (100, 0)]) == 300)
        #expect(FleetLoad.capacity([]) == 0)
    }
}
