import Forecasting
import Glibc
import Seeded
import TestKit
import Testing

@Suite struct `The parts of a forecaster` {
    @Test func `compute elementary functions as the C library does`() {
        for k in -4000...4000 {
            let x = Double(k) / 100
            #expect(abs(Elementary.exp(x) / Glibc.exp(x) - 1) < 1e-13)
            #expect(abs(Elementary.tanh(x) - Glibc.tanh(x)) < 1e-13)
            #expect(abs(Elementary.sine(turns: x) - Glibc.sin(2 * Double.pi * x)) < 1e-9)
            let positive = Glibc.exp(x)
            #expect(abs(Elementary.log(positive) - Glibc.log(positive)) < 1e-13 * max(1, abs(x)))
        }
    }

    /// y = 3 x0 - x1 + noise between 0 and 1, with a column that is noise and one that is never known.
    private static func table(_ rows: Int) -> (values: [Float], targets: [Float]) {
        var generator = SeededGenerator(seed: 3)
        let columns = (0..<3).map { _ in (0..<rows).map { _ in Float(generator.unit()) } }
        let targets = (0..<rows).map { 3 * columns[0][$0] - columns[1][$0] + Float(generator.unit()) }
        return (columns.flatMap { $0 } + [Float](repeating: .nan, count: rows), targets)
    }

    @Test(arguments: [0.5, 0.9])
    func `find a linear quantile`(level: Double) {
        let (values, targets) = Self.table(3000)
        let table = QuantileRegression.StandardTable(rows: 3000, columns: 4, values: values) { _ in true }
        let model = QuantileRegression(table, targets: targets, level: level, iterations: 40)
        for (row, base) in [([0.2, 0.7, 0.5], -0.1), ([0.9, 0.1, 0.5], 2.6)] {
            #expect(abs(model.predict(row + [.nan]) - (base + level)) < 0.06)
        }
    }

    @Test(arguments: [0.5, 0.9])
    func `find a quantile with trees, better than without them`(level: Double) {
        let (values, targets) = Self.table(3000)
        let table = BinnedTable(rows: 3000, columns: 4, values: values)
        #expect(table.columns.map(\.index) == [0, 1, 2])
        let model = GradientBoostedTrees(table, targets: targets, level: level, seed: 1)
        var (below, distance) = (0, 0.0)
        for row in 0..<3000 {
            let features = (0..<4).map { Double(values[$0 * 3000 + row]) }
            let said = model.predict(features)
            below += Double(targets[row]) <= said ? 1 : 0
            let truth = 3 * features[0] - features[1] + level
            distance += abs(said - truth) / 3000
        }
        #expect(distance < 0.25)
        #expect(abs(Double(below) / 3000 - level) < 0.05)
    }

    @Test func `keep a quantile's share of a stream that wanders`() {
        var generator = SeededGenerator(seed: 5)
        var tracker = QuantileTracker(level: 0.9, rates: .fast)
        var above = 0
        for k in 0..<20_000 {
            let truth = 2 + Elementary.sine(turns: Double(k) / 5000) + generator.unit()
            above += truth > tracker.value ? 1 : 0
            tracker.observe(isAbove: truth > tracker.value)
        }
        #expect(abs(Double(above) / 20_000 - 0.1) < 0.01)
    }

    @Test func `mix so that the mix is hardly worse than its best part`() {
        var generator = SeededGenerator(seed: 6)
        var mix = ForecastMix(level: 0.5, prior: [0.4, 0.4, 0.2])
        var (ofMix, ofBest) = (0.0, 0.0)
        for _ in 0..<4000 {
            let truth = 10 + generator.unit()
            let forecasts: [Double?] = [truth + 4, nil, 10.5]
            ofMix += abs(mix.mix(forecasts) - truth)
            ofBest += abs(10.5 - truth)
            mix.observe(forecasts, truth: truth)
        }
        #expect(ofMix < 1.1 * ofBest)
        #expect(abs(mix.weights.reduce(0, +) - 1) < 1e-9)
    }

    @Test func `take a series with gaps, a clock that goes back, and a new beginning`() {
        var series = LoadSeries()
        #expect(series.observe(5, minute: 100) == .next(missing: 0))
        #expect(series.observe(7, minute: 103) == .next(missing: 2))
        #expect(series.counts == [5, 5, 5, 7] && series.isMissing == [false, true, true, false])
        #expect(series.observe(9, minute: 103) == .past)
        #expect(series.observe(-1, minute: 104) == .next(missing: 0))
        #expect(series.isMissing.last == true)
        #expect(series.observe(3, minute: 104 + LoadSeries.gapMax + 1) == .restart)
        #expect(series.counts == [3])
    }
}
