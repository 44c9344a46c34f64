import Planning
import Reports

/// A study as a table: a row for each policy.
package struct SimulationTable {
    package struct Column {
        /// What it says, and its unit.
        package let name: String
        package let cells: [String]
    }

    package let policies: [String]
    package let columns: [Column]

    package init(_ study: SimulationStudy) {
        let results = study.runs.map(\.result)
        policies = results.map(\.policy)
        columns =
            Self.money(results, study.optimum) + Self.service(results) + Self.instances(results)
            + [
                Column("Lambda", results) { Self.percent($0.lambdaShare, digits: 1) },
                Column("cold starts", results) { Decimal.grouped($0.coldStarts) },
                Column("refused", results) { Decimal.grouped($0.refused) },
            ]
    }

    private static func money(_ results: [SimulationResult], _ optimum: Dollars?) -> [Column] {
        [
            Column("cost", results) { Decimal.dollars($0.ledger.total.amount) },
            Column("per million", results) { Decimal.dollars($0.dollarsPerMillion) },
            Column("of optimum", results) { result in
                guard let optimum, optimum > .zero else { return "–" }
                return Decimal.text(result.ledger.total / optimum, digits: 3)
            },
        ]
    }

    private static func service(_ results: [SimulationResult]) -> [Column] {
        [
            Column("in time", results) { percent($0.attainment, digits: 2) },
            Column("p50", results) { milliseconds($0.latency?.p50) },
            Column("p99", results) { milliseconds($0.latency?.p99) },
        ]
    }

    /// Hours of each kind of capacity that anyone had.
    private static func instances(_ results: [SimulationResult]) -> [Column] {
        CapacityKind.allCases.enumerated().compactMap { index, kind in
            guard kind != .lambda, results.contains(where: { $0.instanceHours[index] > 0 }) else {
                return nil
            }
            let name = kind == .provisionedConcurrency ? "provisioned" : kind.rawValue
            return Column("\(name) h", results) {
                Decimal.grouped($0.instanceHours[index], digits: $0.instanceHours[index] < 100 ? 1 : 0)
            }
        }
    }

    /// For terminals: names at the left, numbers below their heads.
    package var lines: [String] {
        let width = (policies.map(\.count).max() ?? 0) + 1
        let head = Decimal.left("policy", width) + columns.map { Decimal.right($0.name, $0.width) }.joined()
        return [head]
            + policies.enumerated().map { row, policy in
                Decimal.left(policy, width) + columns.map { Decimal.right($0.cells[row], $0.width) }.joined()
            }
    }

    // MARK: Numbers

    static func percent(_ share: Double, digits: Int) -> String {
        // Nothing that was missed is rounded away.
        let text = Decimal.text(share * 100, digits: digits)
        let most = Decimal.text(100, digits: digits)
        guard share < 1, text == most else { return "\(text) %" }
        return "\(Decimal.text(100 - (digits == 1 ? 0.1 : 0.01), digits: digits)) %"
    }

    static func milliseconds(_ value: Double?) -> String {
        guard let value else { return "–" }
        return "\(Decimal.grouped(value, digits: value < 10 ? 2 : value < 100 ? 1 : 0)) ms"
    }
}

extension SimulationTable.Column {
    fileprivate init(
        _ name: String,
        _ results: [SimulationResult],
        cell: (SimulationResult) -> String
    ) {
        self.init(name: name, cells: results.map(cell))
    }

    fileprivate var width: Int { 2 + max(name.count, cells.map(\.count).max() ?? 0) }
}
