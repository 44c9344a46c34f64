import Synchronization

/// Tells a process's first invocation, which had the cold start, from all others, whichever worker takes it.
package final class FirstInvocation: Sendable {
    private let isTaken = Atomic(false)

    package init() {}

    /// True for the first caller only.
    func take() -> Bool { !isTaken.exchange(true, ordering: .relaxed) }
}
