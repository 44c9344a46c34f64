import Forecasting
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

    @Test func `lets environments fall asleep when nothing has come for ten minutes`() throws {
        var planner = try Fixture.planner { $0.warmsUp = true }
        func warms(_ rates: [Double], expecting mean: Double = 0.2, at minute: Int) -> Bool {
            var observation = Fixture.observation(0, at: minute)
            observation.demand = rates.map { $0 * 60 }
            // A load of the past that is not expected any more, and still thinkable.
            observation.forecasts = [5, 10, 15].map {
                LoadForecast(horizon: $0, mean: mean, max: mean, maxQ90: 60, maxQ99: 600)
            }
            return planner.plan(observation).contains {
                if case .warm = $0.action { true } else { false }
            }
        }
        #expect(warms(Array(repeating: 1, count: 20) + Array(repeating: 0, count: 9), at: 120))
        let ended = Array(repeating: 5.0, count: 20) + Array(repeating: 0, count: 10)
        #expect(!warms(ended, at: 130))
        // What a forecast keeps of a load that has ended is a small part of it; a morning that is foreseen is more.
        #expect(!warms(ended, expecting: 2, at: 140) && warms(ended, expecting: 20, at: 150))
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
        // One surge is over before provisioned environments would be there.
        for minute in 121...123 { #expect(provisioned(coldStarts: 20, at: minute) == 0) }
        #expect(provisioned(coldStarts: 20, at: 124) > 0)
    }
}
