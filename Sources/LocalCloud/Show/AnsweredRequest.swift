import Planning

/// A request that the front has answered: what the show, the metrics and the answer's own headers are made of.
struct AnsweredRequest: Sendable {
    let status: Int
    let latency: Duration
    /// Of both bodies.
    let bytes: Int
    /// That the route went to.
    let function: String
    let result: InvocationResult
    /// The instance that answered, by its id; nil for the inference function, or nobody.
    let instance: String?

    /// What the router and the inference function say of who answered.
    static let servedBy = "x-mark-served-by"

    init(
        _ answer: GatewayAnswer,
        _ result: InvocationResult,
        latency: Duration,
        bytes: Int,
        function: String
    ) {
        (status, self.latency, self.function, self.result) = (answer.status, latency, function, result)
        self.bytes = bytes + answer.body.count
        let server = answer.headers.first { $0.name.lowercased() == Self.servedBy }?.value
        instance = server == "lambda" ? nil : server
    }

    /// What only this front can know, and a client of AWS's would have to look up in bills and logs.
    func headers(cost: Dollars) -> [(name: String, value: String)] {
        let tenths = Int((latency / .microseconds(100)).rounded())
        return [
            ("x-mark-cost-usd", Self.text(cost)), ("x-mark-latency-ms", "\(tenths / 10).\(tenths % 10)"),
        ]
    }

    /// Without an exponent, to the billionth.
    private static func text(_ cost: Dollars) -> String {
        let digits = String(cost.nanodollars % 1_000_000_000)
        return "\(cost.nanodollars / 1_000_000_000)." + String(repeating: "0", count: 9 - digits.count)
            + digits
    }
}
