import Histograms
import Seeded
import TestKit
import Testing

@Suite struct `A latency histogram` {
    @Test func `gives percentiles to three digits, whatever the values`() {
        let failure = firstFailure(of: 0..<50) { generator in
            var histogram = LatencyHistogram()
            var values: [Int64] = []
            for _ in 0..<(1 + generator.below(2000)) {
                // Nanoseconds to minutes.
                let value = Int64(generator.below(1 << (1 + generator.below(38))))
                values.append(value)
                histogram.record(.nanoseconds(value))
            }
            values.sort()
            return [0.01, 0.5, 0.9, 0.99, 0.999, 1].allSatisfy { share in
                let exact = values[max(0, Int((share * Double(values.count)).rounded(.up)) - 1)]
                let found = Int64((histogram.percentile(share) / .nanoseconds(1)).rounded())
                return found >= exact && Double(found - exact) <= Double(exact) / 1000
            } && histogram.count == values.count && histogram.max == .nanoseconds(values[values.count - 1])
        }
        #expect(failure == nil)
    }

    @Test func `adds up`() {
        var (one, other, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value in 1...100 {
            if value.isMultiple(of: 3) {
                one.record(.microseconds(value))
            } else {
                other.record(.microseconds(value))
            }
            both.record(.microseconds(value))
        }
        one.add(other)
        #expect(one.count == 100 && one.percentile(0.5) == both.percentile(0.5) && one.mean == both.mean)
    }

    @Test func `is empty at first`() {
        let histogram = LatencyHistogram()
        #expect(histogram.percentile(0.99) == .zero && histogram.mean == .zero && histogram.count == 0)
    }
}
