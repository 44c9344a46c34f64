import Forecasting
import Planning
import Testing

@Suite struct `An outlook on the load` {
    private static func forecast(_ horizon: Int, _ mean: Double, _ high: Double) -> LoadForecast {
        LoadForecast(horizon: horizon, mean: mean, max: mean, maxQ90: high, maxQ99: high)
    }

    @Test func `gives each minute the mean that the horizons leave for it`() {
        let outlook = LoadOutlook(
            [Self.forecast(5, 100, 121), Self.forecast(10, 150, 171), Self.forecast(15, 200, 221)],
            last: 7
        )
        #expect(outlook.means == [100, 100, 100, 100, 100, 200, 200, 200, 200, 200, 300, 300, 300, 300, 300])
        #expect(outlook.scales.count == LoadOutlook.minutes && outlook.scales.allSatisfy { $0 > 0 })
    }

    @Test func `expects the last load where nothing is forecast`() {
        let outlook = LoadOutlook([], last: 42)
        #expect(outlook.means == Array(repeating: 42, count: LoadOutlook.minutes))
    }

    @Test func `says of an uncertain load that some of it is above its mean`() {
        let uncertain = LoadOutlook(means: [100], scales: [10])
        let certain = LoadOutlook(means: [100], scales: [0])
        // s ln 2 is the mean excess over the median of a logistic distribution.
        #expect(abs(uncertain.excess(over: 100)[0] - 6.931) < 0.001)
        #expect(certain.excess(over: 100) == [0] && certain.excess(over: 60) == [40])
        #expect(abs(uncertain.excess(over: 0)[0] - 100) < 0.01)
        #expect(uncertain.excess(over: 1000)[0] == 0)
    }

    @Test func `has layers that add up to the mean, however wide the forecast of nearly nothing is`() {
        let night = LoadOutlook(means: [0.5, 0, 80], scales: [20, 20, 20])
        let whole = night.excess(over: 0)
        #expect(zip(whole, night.means).allSatisfy { abs($0 - $1) < 1e-9 })
        let upper = night.excess(over: 60)
        #expect(upper[0] > 0 && upper[0] < 0.5 && upper[1] == 0 && upper[2] > 20)
    }

    @Test func `has quantiles that its distribution has`() {
        let outlook = LoadOutlook(means: [100], scales: [10])
        #expect(outlook.quantile(0.5) == [100])
        #expect(abs(outlook.quantile(0.9)[0] - 121.97) < 0.01)
        #expect(LoadOutlook(means: [1], scales: [10]).quantile(0.1) == [0])
    }
}
