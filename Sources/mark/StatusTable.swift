import Reports
import Wire

/// A controller's status in words and numbers.
struct StatusTable {
    private let status: JSON
    private let now: WallClock

    init(_ status: JSON, now: WallClock) { (self.status, self.now) = (status, now) }

    var lines: [String] {
        var lines = [
            "Stack       \(text("stack")), as of \(text("time")) (\(age) ago)",
            "Load        \(number(status["load_rps"]))/s\(forecast)",
            "Route       \(route)", "Objective   \(objective)", "Cost        \(cost)",
        ]
        let fleet = status["fleet"]?.arrayValue ?? []
        lines.append("Fleet       \(fleet.isEmpty ? "no instances" : "\(fleet.count) instances")")
        if !fleet.isEmpty { lines += ["", Self.title] + fleet.map(row) }
        for decision in status["decisions"]?.arrayValue ?? [] {
            lines.append("Decided     \(decision.words)")
        }
        for problem in status["problems"]?.arrayValue ?? [] {
            lines.append("PROBLEM     \(problem.stringValue ?? "")")
        }
        return lines
    }

    private var age: String {
        guard let time = status["time"]?.stringValue.flatMap({ WallClock(iso8601: $0) }) else { return "?" }
        let seconds = max(0, (now - time) / 1000)
        return seconds < 120 ? "\(seconds) s" : "\(seconds / 60) min"
    }

    private var forecast: String {
        let forecasts = status["forecast"]?.arrayValue ?? []
        guard !forecasts.isEmpty else { return "; no forecast yet" }
        return "; expected "
            + forecasts.map {
                "\(number($0["mean_rps"]))/s (90 %: \(number($0["q90_rps"]))) in \($0["minutes"]?.intValue ?? 0) min"
            }.joined(separator: ", ")
    }

    private var route: String {
        switch status["route"]?.stringValue {
        case "router": "router function: backends first, Lambda for what they do not take"
        case "inference": "inference function: Lambda alone"
        default: "not known"
        }
    }

    private var objective: String {
        let slo = status["slo"]
        let total = slo?["requests"]?.intValue ?? 0
        let share = total > 0 ? Double(slo?["in_time"]?.intValue ?? 0) / Double(total) * 100 : 100
        let burn = slo?["burn_rate"]?.doubleValue.map { "; burn rate \(Decimal.text($0, digits: 2))" } ?? ""
        return
            "\(Decimal.text(share, digits: 2)) % of \(total) requests within \(number(slo?["latency_ms"])) ms"
            + " (asked for: \(number(slo?["target"]?.doubleValue.map { .double($0 * 100) })) %)\(burn)"
    }

    private var cost: String {
        let cost = status["dollars_per_hour"]
        func dollars(_ name: String) -> String { Decimal.dollars(cost?[name]?.doubleValue ?? 0) }
        return "\(dollars("total")) an hour: instances \(dollars("instances")), Lambda \(dollars("lambda")), "
            + "router \(dollars("router")), provisioned \(dollars("provisioned")); Lambda alone would cost \(dollars("lambda_alone"))"
    }

    // MARK: The fleet

    private static let columns = [("instance", 21), ("type", 15), ("market", 10), ("zone", 12), ("state", 9)]
    private static let title =
        columns.map { Decimal.left($0.0, $0.1) }.joined()
        + ["age", "takes", "in flight", "p98"].map { Decimal.right($0, 10) }.joined()

    private func row(_ instance: JSON) -> String {
        let names = ["id", "type", "market", "zone", "state"]
        let words = zip(names, Self.columns).map { Decimal.left(instance[$0]?.stringValue ?? "", $1.1) }
        let age = instance["age_s"]?.intValue ?? 0
        let numbers = [
            age < 120 ? "\(age) s" : "\(age / 60) min",
            instance["capacity_rps"]?.doubleValue.map { Decimal.text($0, digits: 1) + "/s" } ?? "-",
            instance["in_flight"]?.intValue.map(String.init) ?? "-",
            instance["p98_ms"]?.doubleValue.map { Decimal.text($0, digits: 1) + " ms" } ?? "-",
        ]
        let warning = instance["warning"]?.stringValue.map { "  \($0)" } ?? ""
        return words.joined() + numbers.map { Decimal.right($0, 10) }.joined() + warning
    }

    private func text(_ name: String) -> String { status[name]?.stringValue ?? "?" }

    private func number(_ value: JSON?) -> String {
        guard let value = value?.doubleValue else { return "?" }
        return Decimal.text(value, digits: value == value.rounded() ? 0 : 1)
    }
}

extension JSON {
    /// A decision for people, as `Decision.json` writes it.
    var words: String {
        let otherwise =
            self["runner_up"]?.stringValue.map {
                "; otherwise \($0), \(Decimal.dollars(self["runner_up_costs_more_dollars"]?.doubleValue ?? 0)) more"
            } ?? ""
        return "\(self["action"]?.stringValue ?? "?"): \(self["reason"]?.stringValue ?? "?")\(otherwise)"
    }
}
