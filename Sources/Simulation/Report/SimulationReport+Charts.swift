import Planning
import Reports

extension SimulationReport {
    // MARK: Over time

    var load: Chart {
        let minutes = ours.minutes
        let band = axis.line("", "", minutes.map { $0.forecastHigh.map { $0 / 60 } }).points.map { high in
            (x: high.x, low: (minutes[Int(high.x)].forecast ?? 0) / 60, high: high.y)
        }
        return axis.chart(
            [axis.line("load", "load", study.track.counts.map { ($0 ?? 0) / 60 })]
                + (band.isEmpty
                    ? []
                    : [
                        axis.line(
                            "forecast 5 minutes before",
                            "a",
                            minutes.map { $0.forecast.map { $0 / 60 } }
                        )
                    ]),
            bands: band.isEmpty ? [] : [.init(name: "up to its 0.9 quantile", style: "a", points: band)],
            unit: "/s"
        )
    }

    var capacity: Chart {
        axis.chart(
            [axis.line("load", "load", ours.minutes.map { $0.requests / 60 })],
            bands: axis.stacked(kinds { $0.capacity }),
            unit: "/s"
        )
    }

    /// Ours by kind, minute by minute.
    private func kinds(_ values: (SimulationResult.Minute) -> [Double]) -> [Chart.Layer] {
        let minutes = ours.minutes.map(values)
        let order: [CapacityKind] = [
            .onDemand, .spot, .burstable, .managed, .provisionedConcurrency, .lambda,
        ]
        return order.map { kind in
            let index = CapacityKind.allCases.firstIndex(of: kind) ?? 0
            return Chart.Layer(name: kind.rawValue, style: kind.style, values: minutes.map { $0[index] })
        }
    }

    /// Colours of the policies, ours first; a second round is dashed.
    private func style(_ index: Int) -> String {
        if index == 0 { return "a strong" }
        let colours = ["b", "d", "e", "g", "h", "f", "c", "i", "j"]
        return colours[(index - 1) % colours.count] + (index > colours.count ? " dashed" : "")
    }

    var cost: String {
        let spent = results.enumerated().map { index, result in
            axis.line(result.policy, style(index), result.minutes.map { $0.spent.amount })
        }
        let lines = Ledger.Line.allCases
        let bars = Bars(
            parts: lines.enumerated().map { Bars.Part(name: $1.rawValue, style: $1.style) },
            rows: byCost.map { result in
                Bars.Row(
                    name: result.policy,
                    values: lines.map { result.ledger[$0].amount },
                    label: Decimal.dollars(result.ledger.total.amount)
                )
            },
            value: Decimal.dollars
        )
        return "<h3>What was paid for</h3>\(bars.figure)"
            + "<h3>Spent so far</h3>\(axis.chart(spent, unit: "$").figure)"
    }

    /// The cheapest first.
    private var byCost: [SimulationResult] {
        results.enumerated().sorted {
            ($0.element.ledger.total, $0.offset) < ($1.element.ledger.total, $1.offset)
        }.map(\.element)
    }

    // MARK: Service

    var latency: String {
        let slo = study.workload.slo / .milliseconds(1)
        let misses = Bars(
            parts: [.init(name: "late", style: "f"), .init(name: "refused", style: "c")],
            rows: results.map { result in
                let all = max(1, result.requests)
                return Bars.Row(
                    name: result.policy,
                    values: [result.late, result.refused].map { 100 * $0 / all },
                    label: "\(SimulationTable.percent(result.attainment, digits: 2)) in time"
                )
            },
            mark: .init(name: "allowed", value: 100 * (1 - study.workload.target)),
            value: { "\(Decimal.text($0, digits: 2)) %" }
        )
        let percentiles =
            results.contains { $0.latency != nil }
            ? "<h3>By percentile</h3>\(percentiles(slo).figure)<h3>p99 over time</h3>\(p99(slo).figure)"
            : "<p>A fluid simulation knows no single request: percentiles need <code>--mode request</code>.</p>"
        return "<h3>Outside the objective</h3>\(misses.figure)\(percentiles)"
    }

    private func percentiles(_ slo: Double) -> Chart {
        // Each nine is as wide as the one before; the largest stands at the end.
        let names = ["p50", "p90", "p99", "p99.9", "max"]
        let lines = results.enumerated().compactMap { index, result in
            result.latency.map { latency in
                let values = [latency.p50, latency.p90, latency.p99, latency.p999, latency.max]
                return Chart.Line(
                    name: result.policy,
                    style: style(index),
                    points: values.enumerated().map { (x: Double($0), y: $1) }
                )
            }
        }
        return Chart(
            lines: lines,
            marks: [.init(name: "objective \(Decimal.grouped(slo)) ms", y: slo)],
            xMax: Double(names.count - 1),
            xTicks: names.enumerated().map { (Double($0), $1) },
            unit: "ms",
            scale: .logarithmic,
            xName: { names[Int($0)] }
        )
    }

    private func p99(_ slo: Double) -> Chart {
        axis.chart(
            [axis.line(ours.policy, "a", ours.minutes.map(\.latencyP99))],
            marks: [.init(name: "objective \(Decimal.grouped(slo)) ms", y: slo)],
            unit: "ms"
        )
    }

    // MARK: Instances

    var instances: String {
        let kinds = CapacityKind.allCases
        let bars = Bars(
            parts: kinds.map { Bars.Part(name: $0.rawValue, style: $0.style) },
            rows: results.map { result in
                let hours = kinds.indices.map { kinds[$0] == .lambda ? 0 : result.instanceHours[$0] }
                return Bars.Row(
                    name: result.policy,
                    values: hours,
                    label: "\(Decimal.grouped(hours.reduce(0, +), digits: 1)) h"
                )
            },
            value: { "\(Decimal.grouped($0, digits: 1)) h" }
        )
        let counts = axis.chart([], bands: axis.stacked(self.kinds { $0.instances }), unit: "")
        return "<h3>Of \(Page.escaped(ours.policy)), over time</h3>\(counts.figure)"
            + "<h3>Hours by kind</h3>\(bars.figure)"
    }
}

extension Ledger.Line {
    /// Class of its colour: that of the capacity it pays for.
    fileprivate var style: String {
        switch self {
        case .lambdaDuration: CapacityKind.lambda.style
        case .lambdaRequests: "j"
        case .lambdaInit: "c"
        case .warmUp: "i"
        case .provisionedConcurrency: CapacityKind.provisionedConcurrency.style
        case .burstable: CapacityKind.burstable.style
        case .spot: CapacityKind.spot.style
        case .onDemand: CapacityKind.onDemand.style
        case .surplusCredits: "g"
        case .managed: CapacityKind.managed.style
        case .router, .gateway: "m"
        }
    }
}
