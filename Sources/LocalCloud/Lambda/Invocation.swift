/// What a caller hands to the function.
package struct Invocation: Equatable, Sendable {
    package var event: [UInt8]
    /// As `X-Amzn-Trace-Id`; nil where there is none.
    package var traceID: String?
    /// JSON that a caller of Lambda's Invoke may add.
    package var clientContext: String?

    package init(_ event: [UInt8], traceID: String? = nil, clientContext: String? = nil) {
        self.event = event
        self.traceID = traceID
        self.clientContext = clientContext
    }
}

/// What came of an invocation.
package struct InvocationResult: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        /// The function's answer; `isHTTPStream` when a prelude with status and headers comes first.
        case answer([UInt8], isHTTPStream: Bool)
        /// The function reported an error; its body is what callers of Invoke see.
        case functionError([UInt8])
        /// The function said nothing; the reason is in Lambda's words.
        case failed(EnvironmentPool.Failure, reason: String)
    }

    package let outcome: Outcome
    /// The environment that took the event; nil when none did.
    package var environment: EnvironmentPool.EnvironmentID?
    /// Whether it was the environment's first event.
    package var isCold = false
    /// Whether the environment was started before anyone asked: provisioned concurrency.
    package var isAhead = false
    /// From the environment's taking the event to its answer.
    package var duration = Duration.zero
    /// From the start of the process to its asking for the first event, when it is cold.
    package var initialization = Duration.zero

    /// Lambda bills each millisecond that was begun, initialisation included.
    package var billedMilliseconds: Int {
        let milliseconds = (duration + initialization) / .milliseconds(1)
        return max(1, Int(milliseconds.rounded(.up)))
    }
}
