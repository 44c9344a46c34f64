package import AWS
import LambdaRuntime
import Wire

/// How a request ended.
package enum RoutingOutcome: Hashable, Sendable {
    case servedFirst
    case servedSecond
    case spilled(SpillCause)
    /// Neither backends nor the inference function answered.
    case failed

    /// The metric that counts it.
    package var metric: String {
        switch self {
        case .servedFirst: "RouterServedFirst"
        case .servedSecond: "RouterServedSecond"
        case .spilled(let cause): "RouterSpilled\(cause.rawValue)"
        case .failed: "RouterFailed"
        }
    }

    static let all = [servedFirst, servedSecond] + SpillCause.allCases.map { .spilled($0) } + [failed]
}

/// Counts outcomes, and says when to write them down.
///
/// A line is due at once after anything but a success of the first try, and at most every ten seconds otherwise: one a request would cost
/// more than the request. An environment that is frozen for good may keep, and so lose, ten seconds of plain successes.
package struct RoutingCounts: Sendable {
    private let stack: String
    private var counts: [RoutingOutcome: Int] = [:]
    private var lastLine: Duration?

    private static let period = Duration.seconds(10)
    private static let detailMax = 1000

    package init(stack: String) { self.stack = stack }

    /// Counts a request; returns a line when one is due.
    ///
    /// - Parameter detail: what went wrong, for whoever reads the log.
    package mutating func count(_ outcome: RoutingOutcome, _ detail: String?, now: Moment) -> [UInt8]? {
        counts[outcome, default: 0] += 1
        // The period begins with the first request, so that a new environment does not write at once.
        let isDue = now.monotonic - (lastLine ?? now.monotonic) >= Self.period
        lastLine = lastLine ?? now.monotonic
        guard outcome != .servedFirst || isDue else { return nil }
        lastLine = now.monotonic
        var metrics = EmbeddedMetrics(stack: stack)
        for outcome in RoutingOutcome.all {
            if let count = counts[outcome] { metrics.add(outcome.metric, .count, Double(count)) }
        }
        counts = [:]
        let properties = detail.map { [JSON.Member("detail", .string(cropped($0, to: Self.detailMax)))] }
        return metrics.line(at: now.wall, properties: properties ?? [])
    }
}
