/// What happens in a function that its bill, its metrics and whoever watches are made of.
package enum FunctionObservation: Sendable {
    /// A line of its log.
    case line(String)
    /// An invocation is over, with how many environments had one then.
    case finished(InvocationResult, Invocation, concurrency: Int)
}

/// A function's environments at one moment.
package struct FunctionStatus: Equatable, Sendable {
    package let environments: Int
    package let busy: Int
    /// Of those that are to be ready ahead.
    package let readyAhead: Int
    /// Why they do not come.
    package let failure: String?
    package let shown: [Shown]

    /// One environment, which is starting, idle or busy.
    package struct Shown: Equatable, Sendable {
        package let id: Int
        package let state: String
    }
}
