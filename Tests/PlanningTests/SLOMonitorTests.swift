import Planning
import Testing

@Suite struct `The SLO monitor` {
    private static func outcomes(_ total: Int, queued: Int = 0, slow: Int = 0) -> Observation.Outcomes {
        var outcomes = Observation.Outcomes()
        outcomes.total = total
        outcomes.good = total - queued - slow
        outcomes.queued = queued
        outcomes.slowRuns = slow
        return outcomes
    }

    /// A minute each of so many misses of 1,000 requests, under an objective of 98 %.
    private static func play(_ misses: [Int]) -> (monitor: SLOMonitor, now: Duration) {
        var monitor = SLOMonitor(target: 0.98)
        var now = Duration.zero
        for count in misses {
            now += .seconds(60)
            monitor.observe(outcomes(1000, queued: count), now: now)
        }
        return (monitor, now)
    }

    @Test func `is calm while misses are within the budget`() {
        let (monitor, now) = Self.play(Array(repeating: 15, count: 60))
        #expect(monitor.state(now: now) == .kept && monitor.headroom == 1)
    }

    @Test func `raises a fast alarm when an hour's budget burns in minutes`() {
        let (monitor, now) = Self.play([0, 0, 0, 300, 300, 300])
        guard case .fast(let burn) = monitor.state(now: now) else {
            Issue.record("\(monitor.state(now: now))")
            return
        }
        #expect(abs(burn - 15) < 1e-9)
    }

    @Test func `does not take one bad minute after good ones for a fast burn`() {
        let (monitor, now) = Self.play([0, 0, 0, 0, 0, 250])
        guard case .slow = monitor.state(now: now) else {
            Issue.record("\(monitor.state(now: now))")
            return
        }
    }

    @Test func `asks for headroom while too much is missed, within a bound, and gives it back`() {
        let (bad, _) = Self.play(Array(repeating: 40, count: 300))
        #expect(bad.headroom == 1.5)
        var (monitor, now) = Self.play(Array(repeating: 40, count: 41))
        let raised = monitor.headroom
        #expect(raised > 1)
        for _ in 0..<400 {
            now += .seconds(60)
            monitor.observe(Self.outcomes(1000), now: now)
        }
        #expect(monitor.headroom == 1)
    }

    @Test func `leaves runs that are slow by themselves out: capacity would not help`() {
        var monitor = SLOMonitor(target: 0.98)
        for minute in 1...30 { monitor.observe(Self.outcomes(1000, slow: 500), now: .seconds(60 * minute)) }
        #expect(monitor.state(now: .seconds(1800)) == .kept && monitor.headroom == 1)
    }

    @Test func `says when cold starts alone break the objective, for half an hour`() {
        var monitor = SLOMonitor(target: 0.99)
        var outcomes = Observation.Outcomes()
        (outcomes.total, outcomes.coldStarts) = (1000, 9)
        monitor.observe(outcomes, now: .seconds(60))
        #expect(!monitor.cannotBearColdStarts(now: .seconds(60)))
        outcomes.coldStarts = 60
        for minute in 2...4 { monitor.observe(outcomes, now: .seconds(60 * minute)) }
        // A surge is over before anything could be done about its cold starts.
        #expect(!monitor.cannotBearColdStarts(now: .seconds(240)))
        monitor.observe(outcomes, now: .seconds(300))
        #expect(monitor.cannotBearColdStarts(now: .seconds(300)))
        #expect(!monitor.cannotBearColdStarts(now: .seconds(2100)))
    }

    @Test func `says nothing of fewer than fifty requests`() {
        var monitor = SLOMonitor(target: 0.98)
        monitor.observe(Self.outcomes(49, queued: 49), now: .seconds(60))
        #expect(monitor.burnRate(over: .seconds(60), now: .seconds(60)) == nil)
        #expect(monitor.state(now: .seconds(60)) == .kept)
    }
}
