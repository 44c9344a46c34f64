import Glibc
import Histograms
import Reports

/// A load result as a page of its own: no scripts, nothing from outside, light and dark.
package struct LoadReport {
    private let url: String
    private let result: LoadResult

    package init(url: String, result: LoadResult) {
        self.url = url
        self.result = result
    }

    package var html: String {
        Page(
            title: "Load on \(url)",
            body: """
                <h1>Load on <code>\(Page.escaped(url))</code></h1>
                <p>\(result.intended) requests in \(Decimal.text(result.duration / .seconds(1), digits: 0)) s,
                objective \(milliseconds(result.slo)).
                Latency counts from the time at which each request was to be sent.</p>
                \(warning)\(tiles)
                <h2>Latency by percentile</h2>\(percentiles.figure)
                <h2>Requests per second</h2>\(throughput.figure)
                <h2>Latency over time</h2>\(latency.figure)
                <h2>Numbers</h2>\(table)
                """
        ).html
    }

    private var warning: String {
        guard result.isGeneratorLate else { return "" }
        let lag = milliseconds(result.lag.percentile(0.99))
        return
            "<p class=\"warning\">The generator itself was late (p99 \(lag)): these numbers are of it, not of the server.</p>"
    }

    // MARK: Charts

    private var percentiles: Chart {
        // Each nine is as wide as the one before: x is the number of nines.
        let points = result.latencies.distribution(ticks: 10).filter { $0.share < 1 }.map {
            (x: -log10(1 - $0.share), y: $0.value / .milliseconds(1))
        }
        let nines = max(2, points.last?.x ?? 2)
        let names = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"]
        return Chart(
            lines: [.init(name: "latency", style: "a", points: points)],
            marks: [.init(name: "objective \(milliseconds(result.slo))", y: result.slo / .milliseconds(1))],
            xMax: nines,
            xTicks: names.enumerated().filter { Double($0.offset) <= nines }.map {
                (Double($0.offset), $0.element)
            },
            unit: "ms"
        )
    }

    private var throughput: Chart {
        series(
            [
                ("intended", "m", { Double($0.intended) }),
                ("within the objective", "a", { Double($0.good) }),
                ("refused", "b", { Double($0.refused) }), ("failed", "c", { Double($0.failed) }),
            ],
            marks: [],
            unit: "/s"
        )
    }

    private var latency: Chart {
        series(
            [
                ("p50", "a", { $0.latencies.percentile(0.5) / .milliseconds(1) }),
                ("p99", "b", { $0.latencies.percentile(0.99) / .milliseconds(1) }),
            ],
            marks: [.init(name: "objective", y: result.slo / .milliseconds(1))],
            unit: "ms"
        )
    }

    private func series(
        _ values: [(name: String, style: String, value: (LoadResult.Second) -> Double)],
        marks: [Chart.Mark],
        unit: String
    ) -> Chart {
        // The last second may be a part of one.
        let seconds = result.seconds.prefix(max(1, Int(result.duration / .seconds(1))))
        let step = max(1, (seconds.count / 8 + 4) / 5 * 5)
        return Chart(
            lines: values.map { line in
                let points = seconds.enumerated().map { (x: Double($0.offset), y: line.value($0.element)) }
                return .init(name: line.name, style: line.style, points: points)
            },
            marks: marks,
            xMax: Double(max(1, seconds.count - 1)),
            xTicks: stride(from: 0, to: max(2, seconds.count), by: step).map { (Double($0), "\($0) s") },
            unit: unit
        )
    }

    // MARK: Numbers

    private var tiles: String {
        let list = [
            ("within the objective", "\(Decimal.text(result.sloShare * 100, digits: 2)) %"),
            ("goodput", "\(Decimal.text(result.goodput, digits: 0))/s"),
            ("p50", milliseconds(result.latencies.percentile(0.5))),
            ("p99", milliseconds(result.latencies.percentile(0.99))),
            ("refused", String(result.refused)),
            ("failed", String(result.timeouts + result.connectionErrors)),
        ]
        return Page.tiles(list.map { Page.Tile(name: $0.0, value: $0.1) })
    }

    private var table: String {
        let shares = [0.5, 0.9, 0.95, 0.99, 0.999, 1]
        let head = shares.map { $0 == 1 ? "max" : "p" + Self.trimmed($0 * 100) }
        let rows = [
            ("answered 200", result.latencies), ("refused", result.refusals), ("sent late by", result.lag),
        ].map { name, histogram in
            [name, String(histogram.count)]
                + shares.map { histogram.count > 0 ? milliseconds(histogram.percentile($0)) : "–" }
        }
        return Page.table(["", "count"] + head, rows)
    }

    private static func trimmed(_ value: Double) -> String {
        let text = Decimal.text(value, digits: 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private func milliseconds(_ time: Duration) -> String {
        let value = time / .milliseconds(1)
        return "\(Decimal.text(value, digits: value < 10 ? 2 : value < 100 ? 1 : 0)) ms"
    }
}
