import Reports
import Seeded
import Testing
import TestKit

@Suite struct `Numbers for people` {
    @Test(arguments: [
        (0.0, "$0.00"), (12.3, "$12.30"), (1234.5, "$1,235"), (1_234_567, "$1,234,567"), (0.5, "$0.500"),
        (0.0432, "$0.0432"), (0.000_432, "$0.000432"), (0.999, "$1.00"), (-0.25, "-$0.250"),
        (999.994, "$999.99"),
    ])
    func `dollars have three digits that count, and cents`(amount: Double, text: String) {
        #expect(Decimal.dollars(amount) == text)
    }

    @Test(arguments: [(0.0, 0, "0"), (999, 0, "999"), (1000, 0, "1,000"), (-1_234_567.25, 1, "-1,234,567.3")])
    func `thousands have commas between them`(value: Double, digits: Int, text: String) {
        #expect(Decimal.grouped(value, digits: digits) == text)
    }
}

@Suite struct `A long series, drawn` {
    @Test func `a short one keeps all`() {
        #expect(Sampling.peaks([1, 5, 2], stretches: 2) == [0, 1, 2])
    }

    @Test func `keeps its ends, its highest and its lowest`() {
        var values = [Double](repeating: 1, count: 10_000)
        (values[4321], values[8765]) = (100, -3)
        let kept = Sampling.peaks(values, stretches: 50)
        #expect(kept.first == 0 && kept.last == 9999)
        #expect(kept.contains(4321) && kept.contains(8765))
    }

    @Test func `has no more than two points a stretch besides its ends, in order`() {
        let failure = firstFailure(of: 0..<100) { generator in
            let count = 1 + Int(generator.next() % 3000)
            let stretches = 1 + Int(generator.next() % 200)
            let values = (0..<count).map { _ in Double(generator.next() % 1000) }
            let kept = Sampling.peaks(values, stretches: stretches)
            let highest = kept.map { values[$0] }.max()
            return kept.count <= 2 * stretches + 2 && kept == Array(Set(kept)).sorted()
                && kept.last == count - 1 && highest == values.max()
        }
        #expect(failure == nil)
    }
}
