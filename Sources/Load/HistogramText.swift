package import Histograms
import Reports

/// Latencies in the text form of HdrHistogram's `outputPercentileDistribution`, which its plotter reads (.hgrm).
package enum HistogramText {
    /// Values in milliseconds.
    package static func text(_ histogram: LatencyHistogram) -> String {
        var text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
        for point in histogram.distribution() {
            text += Decimal.right(milliseconds(point.value), 12) + " " + Decimal.text(point.share, digits: 12)
            text += " " + Decimal.right(String(point.count), 10)
            if point.share < 1 {
                text += " " + Decimal.right(Decimal.text(1 / (1 - point.share), digits: 2), 14)
            }
            text += "\n"
        }
        text += "#[Mean    = \(Decimal.right(milliseconds(histogram.mean), 12)), "
        text += "StdDeviation   = \(Decimal.right(milliseconds(histogram.standardDeviation), 12))]\n"
        text += "#[Max     = \(Decimal.right(milliseconds(histogram.max), 12)), "
        text += "Total count    = \(Decimal.right(String(histogram.count), 12))]\n"
        text +=
            "#[Buckets = \(Decimal.right("54", 12)), SubBuckets     = \(Decimal.right(String(2 * histogram.subBuckets), 12))]\n"
        return text
    }

    private static func milliseconds(_ time: Duration) -> String {
        Decimal.text(time / .milliseconds(1), digits: 3)
    }
}
