import Forecasting
import Seeded

/// One minute of the controller's forecaster, and one refit, on fourteen days of a noisy daily rhythm.
struct ForecastingBenchmark {
    private static let days = 14
    private static let minutes = days * 1440

    func run(_ report: inout Report) throws {
        Report.progress("forecasting")
        var generator = SeededGenerator(seed: 1)
        var forecaster = LoadForecaster()
        func minute(_ t: Int) -> Double {
            let rhythm = 1 + 0.6 * Elementary.sine(turns: Double(t) / 1440)
            return (600 * rhythm * (0.8 + 0.4 * generator.unit())).rounded()
        }
        let clock = ContinuousClock()
        for t in 0..<Self.minutes { forecaster.observe(minute(t), minute: t) }
        let training = clock.measure { forecaster.train(settings: LoadModels.Settings()) }
        report.add("learning from \(Self.days) days of minutes, with rehearsal", [training])
        var ticks: [Duration] = []
        for t in Self.minutes..<(Self.minutes + 300) {
            let count = minute(t)
            ticks.append(clock.measure { forecaster.observe(count, minute: t) })
        }
        report.add("a minute of the forecaster: observe and forecast", ticks)
        let bytes = forecaster.encoded()
        let times = try (0..<20).map { _ in
            try clock.measure { _ = try LoadForecaster(decoding: forecaster.encoded()) }
        }
        report.add("its state to \(bytes.count / 1000) kB and back", times)
    }
}
