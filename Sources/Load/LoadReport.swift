import Glibc

/// A load result as a page of its own: no scripts, nothing from outside, light and dark.
package struct LoadReport {
    private let url: String
    private let result: LoadResult

    package init(url: String, result: LoadResult) {
        self.url = url
        self.result = result
    }

    package var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>Load on \(Self.escaped(url))</title><style>\(Self.style)</style></head><body><main>
        <h1>Load on <code>\(Self.escaped(url))</code></h1>
        <p>\(result.intended) requests in \(Decimal.text(result.duration / .seconds(1), digits: 0)) s,
        objective \(milliseconds(result.slo)).
        Latency counts from the time at which each request was to be sent.</p>
        \(warning)\(tiles)
        <h2>Latency by percentile</h2>\(percentiles.svg)
        <h2>Requests per second</h2>\(throughput.svg)
        <h2>Latency over time</h2>\(latency.svg)
        <h2>Numbers</h2>\(table)
        </main></body></html>

        """
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
        return "<dl class=\"tiles\">"
            + list.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }.joined() + "</dl>"
    }

    private var table: String {
        let shares = [0.5, 0.9, 0.95, 0.99, 0.999, 1]
        let head = shares.map { "<th scope=\"col\">\($0 == 1 ? "max" : "p" + Self.trimmed($0 * 100))</th>" }
            .joined()
        let rows = [
            ("answered 200", result.latencies), ("refused", result.refusals), ("sent late by", result.lag),
        ].map {
            name,
            histogram in
            let cells = shares.map {
                "<td>\(histogram.count > 0 ? milliseconds(histogram.percentile($0)) : "–")</td>"
            }
            return "<tr><th scope=\"row\">\(name)</th><td>\(histogram.count)</td>\(cells.joined())</tr>"
        }
        return
            "<div class=\"scroll\"><table><thead><tr><th></th><th scope=\"col\">count</th>\(head)</tr></thead><tbody>"
            + rows.joined() + "</tbody></table></div>"
    }

    private static func trimmed(_ value: Double) -> String {
        let text = Decimal.text(value, digits: 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private func milliseconds(_ time: Duration) -> String {
        let value = time / .milliseconds(1)
        return "\(Decimal.text(value, digits: value < 10 ? 2 : value < 100 ? 1 : 0)) ms"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "<": result += "&lt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }

    private static let style = """
        :root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--muted:#6a737d;--grid:#e3e6ea;
        --a:#0969da;--b:#bc4c00;--c:#cf222e;--m:#8c959f}
        @media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--muted:#8b949e;--grid:#262c34;
        --a:#58a6ff;--b:#e0823d;--c:#ff7b72;--m:#6e7681}}
        body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
        main{max-width:56rem;margin:0 auto;padding:2rem 1rem}h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.75rem;margin:1.5rem 0}
        .tiles div{border:1px solid var(--grid);border-radius:8px;padding:.6rem .8rem}dt{color:var(--muted);font-size:.85rem}
        dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}.warning{border-left:4px solid var(--c);padding-left:.8rem}
        svg{width:100%;height:auto;overflow:visible}svg text{fill:var(--muted);font:12px system-ui,sans-serif}
        .grid{stroke:var(--grid)}.line{fill:none;stroke-width:2;stroke-linejoin:round}.mark{stroke:var(--c);stroke-dasharray:5 4}
        .a{stroke:var(--a)}.b{stroke:var(--b)}.c{stroke:var(--c)}.m{stroke:var(--m);stroke-dasharray:2 3}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}
        th,td{padding:.35rem .8rem;border-bottom:1px solid var(--grid);text-align:right}
        th[scope=row]{text-align:left}.scroll{overflow-x:auto}
        """
}
