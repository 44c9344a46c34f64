/// An invocation that has no result yet.
struct PendingInvocation: Sendable {
    let invocation: Invocation
    let requestID: String
    let deliver: @Sendable (InvocationResult) -> Void
    /// When and by whom it was taken.
    var dispatched: Duration?
    var environment: EnvironmentPool.EnvironmentID?
}
