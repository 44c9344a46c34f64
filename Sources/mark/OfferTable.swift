import Batching
import Planning
import Reports
import Wire

/// What there is to serve a model with, in words and numbers.
struct OfferTable {
    let workload: Workload
    let prices: LambdaPrices
    /// The cheapest a request first.
    let offers: [Offer]
    /// Requests per second.
    let rate: Double

    private var lambda: Double { workload.lambdaCost(prices).amount }

    /// What a steady load would be served by.
    var steady: [SteadyCost] { SteadyCost.kinds(rate: rate, offers: offers, lambda: lambda) }

    /// - Parameter rows: offers to show.
    func lines(_ rows: Int) -> [String] {
        let function = workload.function
        let isInTime = function.latency + workload.margin <= workload.slo
        var lines = [
            "Lambda        \(function.memoryMiB) MB, \(milliseconds(function.latency)) a request, "
                + "\(Decimal.dollars(lambda * 1e6)) per million, \(Decimal.dollars(lambda * 3600 * rate)) an hour at \(number(rate))/s"
        ]
        if !isInTime {
            lines.append(
                "WARNING       that is later than the objective of \(milliseconds(workload.slo)) allows"
            )
        }
        lines += ["", title]
        lines += offers.prefix(rows).map(row)
        if offers.count > rows { lines.append("… and \(offers.count - rows) more; --all shows them") }
        return lines + [""] + words
    }

    private var title: String {
        Decimal.left("offer", 24) + Decimal.right("takes", 10) + Decimal.right("batch", 7)
            + Decimal.right("an hour", 10)
            + Decimal.right("per million", 13) + Decimal.right("pays from", 11) + Decimal.right("that is", 9)
    }

    private func row(_ offer: Offer) -> String {
        let breakEven = offer.breakEven(lambda: lambda)
        return Decimal.left(offer.pool, 24) + Decimal.right("\(number(offer.capacity))/s", 10)
            + Decimal.right(String(workload.policy(offer.type.name)?.sizeCap ?? 1), 7)
            + Decimal.right(Decimal.dollars(offer.price.amount), 10)
            + Decimal.right(Decimal.dollars(offer.dollarsPerMillion), 13)
            + Decimal.right(breakEven.map { "\(number($0))/s" } ?? "never", 11)
            + Decimal.right(
                breakEven.map { "\(Decimal.text(100 * $0 / offer.capacity, digits: 0)) %" } ?? "–",
                9
            )
    }

    private var words: [String] {
        let names = steady.map { cost in
            let what = cost.offer.map { "\(cost.instances) × \($0.pool)" } ?? "Lambda alone"
            return "\(what), \(Decimal.dollars(cost.perHour.amount)) an hour"
        }
        return ["At a steady \(number(rate))/s the cheapest is \(names[0])."]
            + names.dropFirst().map { "  otherwise \($0)" }
    }

    private func number(_ value: Double) -> String { Decimal.grouped(value, digits: value < 100 ? 1 : 0) }

    private func milliseconds(_ time: Duration) -> String {
        "\(Decimal.text(time / .milliseconds(1), digits: time < .milliseconds(100) ? 1 : 0)) ms"
    }

    // MARK: JSON

    var json: [JSON.Member] {
        [
            .init("rate", .double(rate)),
            .init("lambda_dollars_per_million", .double(lambda * 1e6)),
            .init("lambda_memory_mb", .integer(Int64(workload.function.memoryMiB))),
            .init("offers", .array(offers.map(json))),
            .init(
                "steady",
                .array(
                    steady.map { cost in
                        [
                            "kind": .string(cost.kind.rawValue),
                            "offer": cost.offer.map { .string($0.pool) } ?? .null,
                            "instances": .integer(Int64(cost.instances)),
                            "dollars_per_hour": .double(cost.perHour.amount),
                        ]
                    }
                )
            ),
        ]
    }

    private func json(_ offer: Offer) -> JSON {
        [
            "type": .string(offer.type.name), "market": .string(offer.market.rawValue),
            "capacity": .double(offer.capacity), "dollars_per_hour": .double(offer.price.amount),
            "dollars_per_million": .double(offer.dollarsPerMillion),
            "break_even": offer.breakEven(lambda: lambda).map { .double($0) } ?? .null,
        ]
    }
}
