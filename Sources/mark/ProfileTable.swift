import Batching
import Load
import Reports
import Serving

/// A profile in words and numbers.
enum ProfileTable {
    static func lines(_ configurations: [MachineProfile.Configuration], slo: Duration?) -> [String] {
        var lines: [String] = []
        for configuration in configurations {
            lines.append("\(title(configuration)):")
            lines.append("  rows     p50 ms     p99 ms  ms per row     rows/s    memory MB")
            lines += configuration.batches.map { row($0, configuration) }
            lines.append("  " + verdict(configuration))
            lines.append("")
        }
        return lines + summary(configurations, slo)
    }

    private static func title(_ configuration: MachineProfile.Configuration) -> String {
        "\(configuration.executors) executor\(configuration.executors == 1 ? "" : "s") at once, "
            + "\(configuration.threads) thread\(configuration.threads == 1 ? "" : "s") each"
    }

    private static func row(_ batch: MachineProfile.Batch, _ configuration: MachineProfile.Configuration)
        -> String
    {
        let p50 = batch.p50 ?? batch.p99
        let digits = batch.p99 < 1 ? 4 : 2
        return right(String(batch.size), 6) + right(Decimal.text(p50, digits: digits), 11)
            + right(Decimal.text(batch.p99, digits: digits), 11)
            + right(Decimal.text(p50 / Double(batch.size), digits: digits), 12)
            + right(Decimal.text(Double(batch.size * configuration.executors) * 1000 / p50, digits: 0), 11)
            + right(batch.memoryMegabytes.map { Decimal.text($0, digits: 0) } ?? "–", 13)
    }

    /// The size from which larger batches save less than 1 % a row.
    static func sizeThatPays(_ configuration: MachineProfile.Configuration) -> Int {
        var size = configuration.batches.first?.size ?? 1
        var cost = configuration.batches.first.map { ($0.p50 ?? $0.p99) / Double($0.size) } ?? 0
        for batch in configuration.batches.dropFirst() {
            let next = (batch.p50 ?? batch.p99) / Double(batch.size)
            guard next <= cost * 0.99 else { break }
            (size, cost) = (batch.size, next)
        }
        return size
    }

    private static func verdict(_ configuration: MachineProfile.Configuration) -> String {
        guard configuration.batches.count > 1 else { return "Only one batch size was measured." }
        let size = sizeThatPays(configuration)
        guard size > 1 else {
            return
                "Batching never pays for this model here: requests are best run one at a time, and never delayed."
        }
        let isLast = size == configuration.batches.last?.size
        return isLast
            ? "Batching pays up to \(size) rows and perhaps beyond."
            : "Batching stops paying at \(size) rows."
    }

    private static func summary(_ configurations: [MachineProfile.Configuration], _ slo: Duration?)
        -> [String]
    {
        guard configurations.count > 1 else { return [] }
        let limit = slo ?? .seconds(3600)
        let fastest = configurations.max { $0.throughput(within: limit) < $1.throughput(within: limit) }
        let quickest = configurations.min { ($0.batches.first?.p50 ?? 0) < ($1.batches.first?.p50 ?? 0) }
        var lines: [String] = []
        if let fastest {
            lines.append(
                "Most throughput\(slo.map { " within \(LoadTable.milliseconds($0))" } ?? ""): \(title(fastest)), "
                    + "\(Decimal.text(fastest.throughput(within: limit), digits: 0)) rows/s"
            )
        }
        if let quickest, let first = quickest.batches.first {
            lines.append(
                "Least latency: \(title(quickest)), \(Decimal.text(first.p50 ?? first.p99, digits: 3)) ms for one row"
            )
        }
        return lines
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
