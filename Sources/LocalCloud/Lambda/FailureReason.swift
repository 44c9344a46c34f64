extension EnvironmentPool.Failure {
    /// What Lambda calls it.
    var errorType: String {
        switch self {
        case .throttled: "TooManyRequestsException"
        case .timedOut, .initializationTimedOut: "Sandbox.Timedout"
        case .crashed: "Runtime.ExitError"
        }
    }

    /// What happened, as Lambda tells it.
    func reason(_ requestID: String, _ limits: EnvironmentPool.Limits, exit: String = "") -> String {
        switch self {
        case .throttled: "Rate Exceeded: no environment was free in time; raise --concurrency"
        case .timedOut:
            "RequestId: \(requestID) Error: Task timed out after \(Self.seconds(limits.timeout)) seconds"
        case .initializationTimedOut:
            "RequestId: \(requestID) Error: the runtime asked for no event within "
                + "\(Self.seconds(limits.timeout)) seconds"
        case .crashed: "RequestId: \(requestID) Error: Runtime exited with error: \(exit)"
        }
    }

    /// With two decimals, as `3.00`.
    private static func seconds(_ time: Duration) -> String {
        let hundredths = Int((time / .milliseconds(10)).rounded())
        return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
    }
}
