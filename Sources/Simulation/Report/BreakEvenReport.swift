package import Planning
import Reports

/// Maps of what is cheapest, in text and as a page.
package struct BreakEvenReport: Sendable {
    /// A map and which markets it is of.
    package struct Part: Sendable {
        package let title: String
        package let map: BreakEvenMap

        package init(title: String, map: BreakEvenMap) { (self.title, self.map) = (title, map) }
    }

    private let name: String
    private let slo: Duration
    private let parts: [Part]
    private let command: String

    /// - Parameter command: that makes the same again.
    package init(name: String, slo: Duration, parts: [Part], command: String) {
        (self.name, self.slo, self.parts, self.command) = (name, slo, parts, command)
    }

    // MARK: Text

    /// For terminals: what is cheapest, and its cost as a share of Lambda's alone.
    package var lines: [String] {
        let legend = SteadyCost.Kind.allCases.map { "\($0.letter) \($0.rawValue)" }.joined(separator: ", ")
        return parts.flatMap { part in
            let map = part.map
            let head = Decimal.left("", 8) + map.rates.map { Decimal.right(Self.rate($0), 8) }.joined()
            let rows = map.latencies.indices.map { row in
                let cells = map.cells[row].map { Decimal.right($0.map(Self.text) ?? "–", 8) }
                return Decimal.left(Self.milliseconds(map.latencies[row]), 8) + cells.joined()
            }
            return [part.title, head] + rows + [""]
        } + ["The cheapest, and its cost relative to Lambda alone: \(legend)"]
    }

    private static func text(_ kinds: [SteadyCost]) -> String {
        kinds[0].kind == .lambda
            ? kinds[0].kind.letter : "\(kinds[0].kind.letter) \(Decimal.text(share(kinds), digits: 2))"
    }

    /// What the cheapest costs, relative to Lambda alone.
    private static func share(_ kinds: [SteadyCost]) -> Double {
        let alone = kinds.first { $0.kind == .lambda }?.perHour ?? kinds[0].perHour
        return alone > .zero ? kinds[0].perHour / alone : 1
    }

    private static func rate(_ rate: Double) -> String {
        "\(Decimal.grouped(rate, digits: rate < 1 ? 1 : 0))/s"
    }

    private static func milliseconds(_ latency: Duration) -> String {
        "\(Decimal.grouped(latency / .milliseconds(1), digits: latency < .milliseconds(10) ? 1 : 0)) ms"
    }

    // MARK: Page

    package var html: String {
        Page(
            title: "Break-even of \(name)",
            body: """
                <h1>When Lambda alone is cheapest, and when it is not</h1>
                <p class="muted">\(Page.escaped(name)) at a steady rate, within \(Self.milliseconds(slo)). Instances of one type take
                what they can; Lambda takes the rest where that is cheaper than one instance more. Each cell says what the cheapest
                costs relative to Lambda alone.</p>
                \(Page.sections(parts.enumerated().map(section) + [reproduction]))
                """
        ).html
    }

    private func section(_ index: Int, _ part: Part) -> Page.Section {
        let map = part.map
        let rows = map.latencies.indices.reversed().map { $0 }
        let heat = HeatMap(
            columns: ("requests per second", map.rates.map(Self.rate)),
            rows: ("one request on one vCPU", rows.map { Self.milliseconds(map.latencies[$0]) }),
            cells: rows.map { row in map.rates.indices.map { cell(map, row, $0) } },
            legend: SteadyCost.Kind.allCases.filter { kind in
                map.cells.contains { $0.contains { $0?[0].kind == kind } }
            }.map { Legend.Entry(name: $0.rawValue, style: $0.style) }
        )
        let table = Page.table(
            ["one request", "pays first", "then", "then"],
            map.latencies.indices.map { row in
                let steps = map.breakEvens[row].prefix(3).map {
                    "\(Page.escaped($0.offer.pool)) from <b>\(Decimal.text($0.rate, digits: 2))/s</b>"
                }
                return [Self.milliseconds(map.latencies[row])] + steps
                    + Array(repeating: "–", count: 3 - steps.count)
            },
            isText: true
        )
        return Page.Section(
            id: "map-\(index + 1)",
            title: part.title,
            body: "\(heat.figure)<h3>The lowest rates at which an instance pays</h3>\(table)"
        )
    }

    private func cell(_ map: BreakEvenMap, _ row: Int, _ column: Int) -> HeatMap.Cell {
        let place = "\(Self.milliseconds(map.latencies[row])) a request, \(Self.rate(map.rates[column]))"
        guard let kinds = map.cells[row][column] else {
            return HeatMap.Cell(style: "none", text: "–", title: "\(place): no function keeps the objective")
        }
        let told = kinds.map { cost in
            let what = cost.offer.map { "\(cost.instances) × \($0.pool)" } ?? cost.kind.rawValue
            return "\(what): \(Decimal.dollars(cost.perHour.amount)) an hour"
        }
        return HeatMap.Cell(
            style: kinds[0].kind.style,
            text: Decimal.text(Self.share(kinds), digits: 2),
            title: ([place] + told).joined(separator: "\n")
        )
    }

    private var reproduction: Page.Section {
        Page.Section(
            id: "reproduction",
            title: "Reproduce",
            body: "<pre><code>\(Page.escaped(command))</code></pre>"
        )
    }
}

extension SteadyCost.Kind {
    fileprivate var letter: String {
        switch self {
        case .lambda: "L"
        case .burstable: "B"
        case .spot: "S"
        case .onDemand: "D"
        case .accelerator: "G"
        }
    }

    /// Class of its colour: that of the capacity.
    fileprivate var style: String {
        switch self {
        case .lambda: CapacityKind.lambda.style
        case .burstable: CapacityKind.burstable.style
        case .spot: CapacityKind.spot.style
        case .onDemand: CapacityKind.onDemand.style
        case .accelerator: "h"
        }
    }
}
