import Planning
import Reports

/// A study as a page of its own: what it cost, where the money went, how it served, and why.
package struct SimulationReport {
    let study: SimulationStudy
    let axis: TimeAxis

    package init(_ study: SimulationStudy) {
        self.study = study
        axis = TimeAxis(minutes: study.track.counts.count, start: study.start)
    }

    var ours: SimulationResult { study.ours.result }
    var results: [SimulationResult] { study.runs.map(\.result) }

    package var html: String {
        Page(
            title: "\(study.workload.name) on \(study.trace)",
            body: """
                <h1>\(Page.escaped(study.workload.name)) on <code>\(Page.escaped(study.trace))</code></h1>
                <p class="muted">\(Page.escaped(summary))</p>
                \(Page.tiles(tiles))
                \(Page.tiles(rivals))
                \(Page.sections(sections))
                """
        ).html
    }

    private var summary: String {
        let counts = study.track.counts.indices.map { study.track.requests($0) }
        let mean = counts.reduce(0, +) / Double(max(1, counts.count)) / 60
        let busiest = (counts.max() ?? 0) / 60
        let slo = study.workload.slo / .milliseconds(1)
        return
            "\(Decimal.grouped(counts.reduce(0, +))) requests in \(Decimal.grouped(Double(counts.count))) minutes, "
            + "\(Decimal.grouped(mean, digits: 1))/s on average and \(Decimal.grouped(busiest, digits: 1))/s in the busiest minute. "
            + "Objective: \(SimulationTable.percent(study.workload.target, digits: 1)) within "
            + "\(Decimal.grouped(slo)) ms. Simulated by "
            + "\(study.mode == "fluid" ? "the minute (fluid)" : "the request"), seed \(study.seed)."
    }

    private var tiles: [Page.Tile] {
        var tiles = [
            Page.Tile(
                name: "cost of \(ours.policy)",
                value: Decimal.dollars(ours.ledger.total.amount),
                note: "\(Decimal.dollars(ours.dollarsPerMillion)) a million requests"
            )
        ]
        if let optimum = study.optimum, optimum > .zero {
            tiles.append(
                Page.Tile(
                    name: "of the clairvoyant optimum",
                    value: "\(Decimal.text(ours.ledger.total / optimum, digits: 3))×",
                    note: "who knows the future pays \(Decimal.dollars(optimum.amount)) with the best type"
                )
            )
        }
        tiles.append(
            Page.Tile(
                name: "within the objective",
                value: SimulationTable.percent(ours.attainment, digits: 2),
                note: "\(SimulationTable.percent(study.workload.target, digits: 1)) asked for"
                    + (ours.latency.map { ", p99 \(SimulationTable.milliseconds($0.p99))" } ?? "")
            )
        )
        return tiles
    }

    /// What the others pay.
    private var rivals: [Page.Tile] {
        study.rivals.map { rival in
            let attainment = rival.result.attainment
            let lack = SimulationTable.percent(attainment, digits: 1)
            return Page.Tile(
                name: rival.family,
                value: study.ratio(rival).map { "\(Decimal.text($0, digits: 2))×" } ?? "–",
                note: "our cost, by \(rival.result.policy)"
                    + (attainment < study.workload.target ? ", with only \(lack) in time" : "")
            )
        }
    }

    private var sections: [Page.Section] {
        [
            Page.Section(id: "load", title: "Load and forecast", body: load.figure),
            Page.Section(
                id: "capacity",
                title: "Capacity",
                body:
                    "<p>What \(Page.escaped(ours.policy)) kept ready, by kind, against what came.</p>\(capacity.figure)"
            ),
            Page.Section(id: "cost", title: "Cost", body: cost),
            Page.Section(id: "latency", title: "Latency", body: latency),
            Page.Section(id: "instances", title: "Instances", body: instances),
            Page.Section(id: "regret", title: "Regret", body: regret),
            Page.Section(id: "numbers", title: "All numbers", body: table),
            Page.Section(id: "decisions", title: "Decisions", body: decisions),
            Page.Section(id: "prices", title: "Prices", body: prices),
            Page.Section(id: "reproduction", title: "Reproduce", body: reproduction),
        ]
    }
}

extension CapacityKind {
    /// Class of its colour.
    var style: String {
        switch self {
        case .lambda: "b"
        case .provisionedConcurrency: "f"
        case .burstable: "d"
        case .spot: "a"
        case .onDemand: "e"
        case .managed: "h"
        }
    }
}
