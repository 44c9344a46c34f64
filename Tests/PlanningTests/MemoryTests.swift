import Forecasting
import Planning
import Testing

@Suite struct `What a planner remembers` {
    @Test func `buys once Lambda has cost a launch more, and lets go once the idle loss is one`() {
        // An instance costs 1 a tick and a launch 2; Lambda's 1.5 a tick are half too much.
        var work = WorkFunction(price: 1, launchTicks: 2)
        let rising = (0..<5).map { _ in
            work.observe(lambda: 1.5)
            return work.evidence
        }
        #expect(rising == [0.25, 0.5, 0.75, 1, 1])
        let falling = (0..<3).map { _ in
            work.observe(lambda: 0)
            return work.evidence
        }
        #expect(falling == [0.5, 0, 0])
    }

    private static func trust(quantile: Double, mean: Double, counts: (Int) -> Double) -> Double {
        var trust = ForecastTrust()
        for minute in 0..<60 {
            let forecast = LoadForecast(
                horizon: 5,
                mean: mean,
                max: mean,
                maxQ90: quantile,
                maxQ99: quantile
            )
            trust.observe(counts(minute), minute: minute, forecasts: [forecast])
        }
        return trust.value
    }

    @Test func `trusts a forecast that covers what comes, whether it is skilled or not`() {
        #expect(Self.trust(quantile: 120, mean: 100) { $0 % 2 == 0 ? 90 : 110 } == 1)
    }

    @Test func `trusts no forecast whose quantile is exceeded half of the time`() {
        #expect(Self.trust(quantile: 95, mean: 90) { $0 % 2 == 0 ? 80 : 110 } == 0)
    }

    @Test func `trusts no forecast that the last minute's load would have beaten by far`() {
        #expect(Self.trust(quantile: 500, mean: 400) { 100 + Double($0 % 3) } == 0)
    }

    @Test func `trusts at first, and after minutes that nobody knows`() {
        #expect(ForecastTrust().value == 1)
        var trust = ForecastTrust()
        for minute in 0..<40 { trust.observe(nil, minute: minute, forecasts: []) }
        #expect(trust.value == 1)
    }

    @Test func `leaves a pool alone for ten minutes after it failed`() {
        let (bad, good) = (Pool(type: "c5.large", zone: "a"), Pool(type: "c5.large", zone: "b"))
        var pools = SpotPools()
        pools.failed(bad, at: .seconds(60))
        #expect(!pools.isOpen(bad, now: .seconds(659)) && pools.isOpen(good, now: .seconds(60)))
        #expect(pools.isOpen(bad, now: .seconds(660)))
        pools.forget(now: .seconds(660))
        #expect(pools.failures.isEmpty)
    }

    @Test func `asks the cheap pools that hold few of ours first, and no dear one`() throws {
        let offers = try ["c5.large", "c6i.large", "c7a.large"].map { try Fixture.offer($0, .spot) }
        let prices = ["c5.large": 0.030, "c6i.large": 0.031, "c7a.large": 0.060]
        let ranked = SpotPools().ranked(
            offers,
            zones: ["a", "b"],
            now: .zero,
            price: { prices[$0.type].map { DollarsPerHour($0) } },
            count: { $0 == Pool(type: "c5.large", zone: "a") ? 2 : 0 }
        )
        #expect(
            ranked.map { "\($0.type)/\($0.zone)" } == [
                "c5.large/b", "c6i.large/a", "c6i.large/b", "c5.large/a",
            ]
        )
    }
}
