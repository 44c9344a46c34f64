/// An invocation that has no result yet.
struct PendingInvocation: Sendable {
    let invocation: Invocation
    let requestID: String
    /// Takes a streamed answer as it comes; nil for a caller that wants it whole.
    let receive: (@Sendable ([UInt8]) -> Void)?
    let deliver: @Sendable (InvocationResult) -> Void
    /// When and by whom it was taken.
    var dispatched: Duration?
    var environment: EnvironmentPool.EnvironmentID?
}
