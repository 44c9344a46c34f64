import Forecasting
import Seeded
import TestKit
import Testing

@Suite struct `The state of a forecaster` {
    private static func forecaster(_ minutes: Int, scale: Double) -> LoadForecaster {
        var generator = SeededGenerator(seed: 4)
        var settings = LoadModels.Settings()
        settings.rowsMax = 1200
        settings.network.epochs = 1
        var forecaster = LoadForecaster()
        for t in 0..<minutes {
            let wave = 1.5 + Elementary.sine(turns: Double(t) / 1440)
            let count = scale * wave * (0.5 + generator.unit())
            forecaster.observe(generator.below(50) == 0 ? nil : count, minute: 29_000_000 + t)
        }
        forecaster.train(settings: settings)
        for t in minutes..<(minutes + 20) { forecaster.observe(scale, minute: 29_000_000 + t) }
        return forecaster
    }

    @Test func `goes on where it was`() throws {
        var before = Self.forecaster(3000, scale: 200)
        var after = try LoadForecaster(decoding: before.encoded())
        #expect(after == before)
        for t in 3020..<3100 {
            before.observe(Double(t % 7 * 40), minute: 29_000_000 + t)
            after.observe(Double(t % 7 * 40), minute: 29_000_000 + t)
        }
        var settings = LoadModels.Settings()
        settings.rowsMax = 600
        settings.trees.trees = 5
        before.train(settings: settings)
        after.train(settings: settings)
        #expect(after == before)
    }

    @Test(arguments: [1, 1e3, 1e11])
    func `fits a table's item after any month`(scale: Double) throws {
        let forecaster = Self.forecaster(LoadSeries.capacity + 1400, scale: scale)
        let bytes = forecaster.encoded()
        #expect(bytes.count < 380_000, "\(bytes.count)")
        #expect(try LoadForecaster(decoding: bytes) == forecaster)
    }

    @Test func `is small before anything is known, and without its series`() throws {
        #expect(LoadForecaster().encoded().count < 10_000)
        let restarted = Self.forecaster(2000, scale: 50).restarted
        let read = try LoadForecaster(decoding: restarted.encoded())
        #expect(read == restarted && read.series.count == 0 && read.models != nil)
    }

    @Test func `that is damaged is refused, or is another state, and never traps`() throws {
        var generator = SeededGenerator(seed: 8)
        let bytes = Self.forecaster(600, scale: 30).encoded()
        #expect(throws: InvalidForecasterState.self) { try LoadForecaster(decoding: []) }
        #expect(throws: InvalidForecasterState.self) { try LoadForecaster(decoding: bytes + [0]) }
        for _ in 0..<300 {
            var damaged = bytes
            damaged[generator.below(bytes.count)] ^= UInt8(1 + generator.below(255))
            if var forecaster = try? LoadForecaster(decoding: damaged) {
                forecaster.observe(10, minute: (forecaster.series.lastMinute ?? 0) + 1)
                #expect(forecaster.forecasts.allSatisfy { $0.mean.isFinite && $0.maxQ99 >= $0.mean })
            }
            let length = generator.below(bytes.count)
            #expect(throws: InvalidForecasterState.self) {
                try LoadForecaster(decoding: Array(bytes.prefix(length)))
            }
        }
    }
}
