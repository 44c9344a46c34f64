import Forecasting
import Seeded
import TestKit
import Testing

@Suite struct `A load forecaster` {
    /// Settings that train in a blink.
    private static let quick: LoadModels.Settings = {
        var settings = LoadModels.Settings()
        settings.trees.trees = 20
        settings.network.epochs = 3
        settings.network.units = 8
        return settings
    }()

    private static func noise(_ mean: Double, _ generator: inout SeededGenerator) -> Double {
        (mean * (0.7 + 0.6 * generator.unit())).rounded()
    }

    /// Loads that break forecasters; nil is a missing minute.
    static let loads: [(name: String, load: @Sendable (Int, inout SeededGenerator) -> Double?)] = [
        ("constant", { _, _ in 50 }),
        ("silent", { _, _ in 0 }),
        ("one a minute, now and then", { _, g in g.below(5) == 0 ? 1 : 0 }),
        ("on and off", { t, g in t / 30 % 2 == 0 ? 0 : noise(400, &g) }),
        ("growing", { t, g in noise(Double(t), &g) }),
        ("shifted", { t, g in noise(t < 700 ? 10 : 5000, &g) }),
        ("with gaps", { t, g in g.below(3) == 0 || (500..<600).contains(t) ? nil : noise(100, &g) }),
        ("mad", { t, g in [0, 1e12, .infinity, .nan, -5][t % 5] }),
    ]

    @Test(arguments: loads.map(\.name))
    func `says nothing impossible, whatever comes`(name: String) throws {
        let load = try #require(Self.loads.first { $0.name == name }).load
        var generator = SeededGenerator(seed: 1)
        var forecaster = LoadForecaster()
        for t in 0..<1100 {
            forecaster.observe(load(t, &generator), minute: t)
            if forecaster.isTrainingDue { forecaster.train(settings: Self.quick) }
            for forecast in forecaster.forecasts {
                let numbers = [0, forecast.mean, forecast.max, forecast.maxQ90, forecast.maxQ99]
                #expect(numbers == numbers.sorted() && numbers.allSatisfy(\.isFinite), "\(t): \(forecast)")
            }
        }
        #expect(forecaster.forecasts.count == 3)
    }

    @Test func `is due for training half a day after the last, whatever its series has forgotten meanwhile`()
    {
        // With so many minutes the series forgets its first day soon.
        var forecaster = LoadForecaster()
        let known = LoadSeries.capacity + 1000
        for t in 0..<known { forecaster.observe(Double(t % 60), minute: t) }
        var settings = Self.quick
        settings.rowsMax = 600
        forecaster.train(settings: settings)
        #expect(forecaster.trainedMinute == known - 1)
        for t in known..<(known + 719) { forecaster.observe(Double(t % 60), minute: t) }
        #expect(!forecaster.isTrainingDue && forecaster.series.start > 0)
        forecaster.observe(1, minute: known + 719)
        #expect(forecaster.isTrainingDue)
    }

    @Test func `is persistence at first`() {
        var forecaster = LoadForecaster()
        for t in 0..<5 { forecaster.observe(80, minute: t) }
        #expect(forecaster.forecasts.allSatisfy { abs($0.mean - 80) < 1e-9 && $0.max < 90 })
    }

    @Test func `says a constant exactly once it has learnt it`() {
        var forecaster = LoadForecaster()
        for t in 0..<600 { forecaster.observe(80, minute: t) }
        forecaster.train(settings: Self.quick)
        for t in 600..<700 { forecaster.observe(80, minute: t) }
        #expect(forecaster.forecasts.allSatisfy { abs($0.mean - 80) < 0.5 && abs($0.max - 80) < 0.5 })
    }

    private static func day(_ count: Int, seed: UInt64 = 2) -> [Double] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { noise(300 + 200 * Elementary.sine(turns: Double($0) / 1440), &generator) }
    }

    private static func said(_ counts: [Double]) -> [[LoadForecast]] {
        var said: [[LoadForecast]] = []
        ForecastEvaluation(counts, settings: quick).run { said.append($1.forecasts) }
        return said
    }

    @Test func `knows nothing of the future`() {
        let counts = Self.day(1600)
        var changed = counts
        for t in 1400..<1600 { changed[t] = 10_000 }
        let (one, other) = (Self.said(counts), Self.said(changed))
        let first = ForecastEvaluation(counts).origins.lowerBound
        #expect(one.prefix(1400 - first) == other.prefix(1400 - first))
        #expect(one != other)
    }

    @Test func `says the same for the same seed`() {
        #expect(Self.said(Self.day(1200)) == Self.said(Self.day(1200)))
    }

    @Test func `beats persistence on a noisy day, and covers what it promises`() {
        let counts = Self.day(2400)
        let evaluation = ForecastEvaluation(counts, settings: Self.quick)
        var outcomes: [ForecastScore.Outcome] = []
        evaluation.run { t, forecaster in
            guard let truth = evaluation.truth(after: t, horizon: 10) else { return }
            outcomes.append(ForecastScore.Outcome(forecaster.forecasts[1], last: counts[t], truth: truth))
        }
        let score = ForecastScore(outcomes)
        #expect(score.mean < 0.5 && score.max < 0.5 && (0.84...0.96).contains(score.coverage), "\(score)")
    }

    @Test func `begins anew after two days of nothing, and takes no minute twice`() {
        var forecaster = LoadForecaster()
        for t in 0..<100 { forecaster.observe(10, minute: t) }
        let before = forecaster
        #expect(forecaster.observe(99, minute: 50) == .past && forecaster == before)
        #expect(forecaster.observe(99, minute: 10_000) == .restart)
        #expect(forecaster.series.count == 1 && forecaster.forecasts.allSatisfy { abs($0.mean - 99) < 1e-9 })
    }
}
