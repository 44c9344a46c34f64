import Histograms
import Load
import Reports
import Wire

/// A load result in words and numbers.
enum LoadTable {
    static func lines(_ result: LoadResult) -> [String] {
        let statuses = result.statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(
            separator: ", "
        )
        var lines = [
            "Sent        \(result.intended) requests, \(number(result.rate))/s, over \(result.connections) connections",
            "Answered    \(statuses.isEmpty ? "none" : statuses)",
            "In time     \(percent(result.sloShare)) within \(milliseconds(result.slo)), \(number(result.goodput))/s",
            "Latency     \(percentiles(result.latencies))",
        ]
        if result.refusals.count > 0 { lines.append("Refusals    \(percentiles(result.refusals))") }
        if result.timeouts + result.connectionErrors > 0 {
            lines.append(
                "Failed      \(result.timeouts) timed out, \(result.connectionErrors) connections lost or refused"
            )
        }
        if result.waited > 0 { lines.append("Waited      \(result.waited) requests for a free connection") }
        if result.isGeneratorLate {
            lines.append(
                "WARNING     the generator itself was late: p99 \(milliseconds(result.lag.percentile(0.99))); "
                    + "these numbers are of it, not of the server"
            )
        }
        return lines
    }

    private static func percentiles(_ histogram: LatencyHistogram) -> String {
        let shares = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)]
        let list = shares.map { "\($0.0) \(milliseconds(histogram.percentile($0.1)))" }
        return list.joined(separator: "  ") + "  max \(milliseconds(histogram.max))"
    }

    static func probe(_ rate: Double, _ result: LoadResult) -> String {
        "\(number(rate))/s: \(percent(result.sloShare)) in time, p50 \(milliseconds(result.latencies.percentile(0.5))), "
            + "p99 \(milliseconds(result.latencies.percentile(0.99))), \(result.refused) refused"
            + (result.isGeneratorLate ? ", generator late" : "")
    }

    static func progress(_ result: LoadResult, _ label: String?) -> String {
        (label.map { "\($0)  " } ?? "") + "\(result.intended) sent, \(percent(result.sloShare)) in time, "
            + "p50 \(milliseconds(result.latencies.percentile(0.5))), p99 \(milliseconds(result.latencies.percentile(0.99))), "
            + "\(result.refused) refused, \(result.timeouts + result.connectionErrors) failed"
    }

    static func json(_ result: LoadResult) -> JSON {
        let statuses = result.statuses.sorted { $0.key < $1.key }.map {
            JSON.Member(String($0.key), .integer(Int64($0.value)))
        }
        return [
            "rate": .double(result.rate), "intended": .integer(Int64(result.intended)),
            "slo_ms": .double(result.slo / .milliseconds(1)), "slo_share": .double(result.sloShare),
            "goodput": .double(result.goodput), "statuses": .object(statuses),
            "timeouts": .integer(Int64(result.timeouts)),
            "connection_errors": .integer(Int64(result.connectionErrors)),
            "latency_ms": json(result.latencies), "refusal_ms": json(result.refusals),
            "lag_ms": json(result.lag),
            "connections": .integer(Int64(result.connections)), "waited": .integer(Int64(result.waited)),
            "seconds": .array(
                result.seconds.map { second in
                    [
                        "intended": .integer(Int64(second.intended)), "good": .integer(Int64(second.good)),
                        "served": .integer(Int64(second.served)), "refused": .integer(Int64(second.refused)),
                        "failed": .integer(Int64(second.failed)),
                    ]
                }
            ),
        ]
    }

    private static func json(_ histogram: LatencyHistogram) -> JSON {
        let shares = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)]
        let members = shares.map { name, share in
            JSON.Member(name, .double(histogram.percentile(share) / .milliseconds(1)))
        }
        return .object(members + [.init("max", .double(histogram.max / .milliseconds(1)))])
    }

    // MARK: Numbers

    static func milliseconds(_ time: Duration) -> String {
        let value = time / .milliseconds(1)
        return
            "\(value < 10 ? Decimal.text(value, digits: 2) : Decimal.text(value, digits: value < 100 ? 1 : 0)) ms"
    }

    static func percent(_ share: Double) -> String { "\(Decimal.text(share * 100, digits: 2)) %" }

    static func number(_ value: Double) -> String { Decimal.text(value, digits: value < 100 ? 1 : 0) }
}
