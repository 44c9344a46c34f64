import Histograms
import Load
import Testing

@Suite struct `A latency histogram as text` {
    @Test func `is written as HdrHistogram writes it`() {
        var histogram = LatencyHistogram()
        for value in 1...1000 { histogram.record(.microseconds(100 * value)) }
        let lines = HistogramText.text(histogram).split(separator: "\n")
        #expect(lines[0] == "       Value     Percentile TotalCount 1/(1-Percentile)")
        #expect(
            lines.contains {
                $0.hasPrefix("      50.") && $0.contains(" 0.500000000000 ") && $0.hasSuffix(" 2.00")
            }
        )
        #expect(lines.contains { $0.hasPrefix("     100.000 1.000000000000       1000") })
        #expect(lines.contains { $0.hasPrefix("#[Mean    =       50.050") })
        #expect(lines.contains { $0.hasPrefix("#[Max     =      100.000, Total count    =         1000]") })
    }

    @Test func `is written when it is empty`() {
        #expect(HistogramText.text(LatencyHistogram()).contains("Total count    =            0"))
    }
}
