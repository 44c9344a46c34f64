import Planning
import Testing

@Suite struct `Lambda's reserve` {
    private static func reserve(_ mean: Double, scale: Double = 0, taken: Double = 0) -> LambdaReserve {
        LambdaReserve(
            LoadOutlook(means: Array(repeating: mean, count: 15), scales: Array(repeating: scale, count: 15)),
            taken: taken,
            latency: .milliseconds(100)
        )
    }

    @Test func `holds as many environments as Little's law says, and two deviations more`() {
        // 100 requests/s of 100 ms are ten at once.
        #expect(Self.reserve(6000).warm(atRisk: 0) == 17)
        #expect(Self.reserve(6000, taken: 6000).warm(atRisk: 0) == 0)
        #expect(Self.reserve(6000, taken: 6000).warm(atRisk: 100) == 17)
    }

    @Test func `is larger for a load that is less certain`() {
        #expect(
            Self.reserve(6000, scale: 600).warm(atRisk: 0) > Self.reserve(6000, scale: 60).warm(atRisk: 0)
        )
    }

    @Test func `reserves environments that are busy for more than the break-even of the time`() {
        // 60 %: ten at once for sure are worth reserving, and of an uncertain load fewer.
        #expect(Self.reserve(6000).provisioned(price: 0.6, saving: 1) == 10)
        #expect(Self.reserve(6000, scale: 1200).provisioned(price: 0.6, saving: 1) == 9)
        #expect(Self.reserve(6000).provisioned(price: 1.1, saving: 1) == 0)
        #expect(Self.reserve(6000).provisioned(price: 1, saving: 0) == 0)
    }

    @Test func `is provisioned where cold starts break the objective, though pings are cheaper`() throws {
        var planner = try Fixture.planner { $0.usesProvisionedConcurrency = true }
        func provisioned(coldStarts: Int, at minute: Int) -> Int {
            var observation = Fixture.observation(1, at: minute)
            (observation.outcomes.total, observation.outcomes.coldStarts) = (60, coldStarts)
            return planner.plan(observation).reduce(0) {
                if case .provision(let count) = $1.action { count } else { $0 }
            }
        }
        #expect(provisioned(coldStarts: 0, at: 120) == 0)
        #expect(provisioned(coldStarts: 20, at: 121) > 0)
    }
}
