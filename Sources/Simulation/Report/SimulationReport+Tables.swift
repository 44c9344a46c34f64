import Planning
import Reports

extension SimulationReport {
    // MARK: Numbers

    var table: String {
        let table = SimulationTable(study)
        let rows = table.policies.enumerated().map { row, policy in
            [Page.escaped(policy)] + table.columns.map { Page.escaped($0.cells[row]) }
        }
        return Page.table(["policy"] + table.columns.map { Page.escaped($0.name) }, rows, emphasised: 0)
    }

    // MARK: Regret

    var regret: String {
        let known = study.runs.compactMap { run in run.regret.map { (run.result.policy, $0) } }
        guard !known.isEmpty else { return "<p>Nobody has computed an optimum for this study.</p>" }
        let causes: [(name: String, style: String, value: (Regret) -> Double)] = [
            ("late launch", "c", { $0.lateLaunch }), ("early release", "b", { $0.earlyRelease }),
            ("idle tail", "f", { $0.idleTail }), ("needless launch", "e", { $0.needlessLaunch }),
            ("launching", "g", { $0.launching }), ("wrong type, market or price", "i", { $0.wrongType }),
        ]
        let bars = Bars(
            parts: causes.map { Bars.Part(name: $0.name, style: $0.style) },
            rows: known.map { policy, regret in
                Bars.Row(
                    name: policy,
                    values: causes.map { max(0, $0.value(regret)) },
                    label: Decimal.dollars(regret.total)
                )
            },
            value: Decimal.dollars
        )
        let bound = study.lowerBound.map {
            " No mix of types costs less than \(Decimal.dollars($0.amount))."
        }
        return
            "<p>Dollars above what a clairvoyant would have paid with the best type of instance, by cause. Where luck saved "
            + "some, the sum behind a bar is less than its parts.\(bound ?? "")</p>\(bars.figure)"
    }

    // MARK: Decisions

    private static let decisionsMax = 500

    var decisions: String {
        let all = ours.decisions
        guard !all.isEmpty else {
            return
                "<p>\(Page.escaped(ours.policy)) decided nothing: what there was did for the whole load.</p>"
        }
        let rows = all.prefix(Self.decisionsMax).map { logged in
            let runnerUp = logged.decision.runnerUp.map {
                "\($0.name), \(Decimal.dollars($0.costsMore.amount)) more"
            }
            return [
                axis.name(logged.minute), logged.decision.action.words, logged.decision.reason.words,
                runnerUp ?? "–",
            ].map(Page.escaped)
        }
        let rest = all.count > rows.count ? ", the first \(rows.count) of them" : ""
        return "<p>Each with its reason, and what would have been done otherwise.</p>"
            + Page.details(
                "\(all.count) decisions of \(ours.policy)\(rest)",
                Page.table(["time", "action", "reason", "runner-up"], rows, isText: true)
            )
    }

    // MARK: Prices

    var prices: String {
        let listed = study.prices.filter(\.isListed).count
        let rows = study.prices.map { price in
            [
                "\(price.service) <b>\(Page.escaped(price.item))</b>", amount(price.dollars),
                Page.escaped(price.unit),
                price.isListed
                    ? Page.escaped(price.basis)
                    : "<span class=\"bad\">no list price:</span> \(Page.escaped(price.basis))",
                Page.escaped(price.source), Page.escaped(price.sourceDate),
            ]
        }
        return
            "<p>\(listed) of \(rows.count) are list prices. The others are marked: spot prices are typical ones, and what was "
            + "assumed says so. None is a quote; <code>--prices</code> replaces any.</p>"
            + Page.details(
                "\(rows.count) prices that the bills rest on",
                Page.table(["price", "dollars", "unit", "basis", "source", "date"], rows, isText: true)
            )
    }

    /// As many digits as the price list has: Lambda's prices have ten.
    private func amount(_ dollars: Double) -> String {
        var digits = 2
        while digits < 12, Double(Decimal.text(dollars, digits: digits)) != dollars { digits += 1 }
        return "$" + Decimal.text(dollars, digits: digits)
    }

    // MARK: Reproduction

    var reproduction: String {
        "<p>The same command gives the same page, byte for byte.</p><pre><code>\(Page.escaped(study.command))</code></pre>"
    }
}
