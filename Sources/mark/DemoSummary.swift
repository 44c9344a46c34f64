import LocalCloud
import Reports
import Wire

/// What a demo came to, for the terminal.
struct DemoSummary {
    let report: ShowReport
    /// Requests of the cloud's that one stands for.
    let weight: Double
    let slo: Int
    /// As the client has it.
    let failed: Int
    /// That static EC2 and SageMaker run on.
    let type: String?

    var lines: [String] {
        let bill = report.bill
        let total = bill["total_usd"]?.doubleValue ?? 0
        var lines = ["", "What these requests cost:", Self.row("MArk", total, nil)]
        for part in parts(bill) { lines.append(Self.row("  " + part.name, part.dollars, nil)) }
        let machines = type.map { ", \($0)" } ?? ""
        for (name, dollars) in [
            ("Lambda only", report.point.alternatives?.lambda),
            ("static EC2 for the peak\(machines)", report.point.alternatives?.staticEC2),
            ("SageMaker, target tracking\(machines)", report.point.alternatives?.sageMaker),
        ] {
            if let dollars { lines.append(Self.row(name, dollars, total)) }
        }
        return lines + ["", requests, failures]
    }

    private func parts(_ bill: JSON) -> [(name: String, dollars: Double)] {
        var parts = [(name: "EC2", dollars: bill["ec2"]?["usd"]?.doubleValue ?? 0)]
        for function in bill["lambda"]?["functions"]?.arrayValue ?? [] {
            let name = "Lambda, \(function["name"]?.stringValue ?? "")"
            parts.append((name, function["usd"]?.doubleValue ?? 0))
        }
        return parts + [("API Gateway", bill["api_gateway"]?["usd"]?.doubleValue ?? 0)]
    }

    private static func row(_ name: String, _ dollars: Double, _ ours: Double?) -> String {
        let name = name + String(repeating: " ", count: max(1, 44 - name.count))
        let amount = "$" + Decimal.text(dollars, digits: 6)
        guard let ours, ours > 0 else { return "  \(name)\(amount)" }
        return "  \(name)\(amount)  \(Decimal.text(dollars / ours, digits: 2)) times ours"
    }

    private var requests: String {
        let totals = report.totals
        let share = totals.attainment.map { Decimal.text($0 * 100, digits: 2) + " %" } ?? "none"
        return
            "\(totals.requests) requests, each for \(Decimal.text(weight, digits: 0)): \(share) within \(slo) ms; "
            + "\(totals.byInstances) by instances, \(totals.byLambda) by Lambda, of these \(totals.spilled) spilled"
    }

    private var failures: String { "\(max(failed, report.totals.failed)) failed" }
}
