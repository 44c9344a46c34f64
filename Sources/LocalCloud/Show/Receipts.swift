import Planning
import Wire

/// What answers have cost whose heads had gone before that was known: the latest of them, by the name that the head gave.
struct Receipts: Sendable {
    private var all: [(name: String, receipt: JSON)] = []

    /// Whoever wants one asks for it at once.
    private static let countMax = 64

    subscript(name: String) -> JSON? { all.last { $0.name == name }?.receipt }

    mutating func add(_ name: String, _ receipt: JSON) {
        if all.count == Self.countMax { all.removeFirst() }
        all.append((name, receipt))
    }
}

extension Stack {
    /// A function's own URL has answered, which costs the function's time and nothing else.
    func issue(receipt name: String, for result: InvocationResult, latency: Duration) {
        let cost = services.ledger.cost(
            ofInvocation: result.billedMilliseconds,
            memory: configuration.inference.memory
        )
        receipts.add(
            name,
            [
                "served_by": "lambda", "cost_usd": .double(cost.amount),
                "latency_ms": .rounded(latency / .milliseconds(1), digits: 1),
                "billed_ms": .integer(Int64(result.billedMilliseconds)), "cold": .bool(result.isCold),
            ]
        )
    }
}
