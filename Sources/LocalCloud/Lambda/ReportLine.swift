/// The line that is printed for a request.
struct ReportLine {
    let what: String
    let status: Int
    /// From the request's head to its answer.
    let total: Duration
    /// Of the answer's body.
    let bytes: Int

    /// For example `POST /v2/models/digits/infer 200 4.1 ms, billed 35 ms, cold [1], 231 B`.
    func text(_ result: InvocationResult) -> String {
        var line = "\(what) \(status) \(Self.milliseconds(total)) ms"
        if let environment = result.environment {
            let temperature = result.isCold ? "cold" : "warm"
            line += ", billed \(result.billedMilliseconds) ms, \(temperature) [\(environment)]"
        }
        line += ", \(bytes) B"
        switch result.outcome {
        case .answer: break
        case .functionError(let body): line += ": \(String(decoding: body.prefix(500), as: UTF8.self))"
        case .failed(_, let reason): line += ": \(reason)"
        }
        return line
    }

    /// With one decimal.
    private static func milliseconds(_ time: Duration) -> String {
        let tenths = Int((time / .microseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
