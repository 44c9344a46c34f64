/// Waits on this thread for what is asynchronous.
///
/// The function's loop is a thread that waits for one invocation after the other, and libcurl's client is asynchronous: here the two
/// meet. Not for use on one of Swift's cooperative threads, which would be missing for the work that is waited for.
package func blocking<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
    let result = Mailbox<Value>()
    Task.detached { result.put(await body()) }
    return result.take()
}
