import Synchronization

/// A queue from any threads to one that waits for what comes.
package final class Inbox<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let arrived = Semaphore()

    package init() {}

    package func put(_ value: Value) {
        state.withLock { $0.values.append(value) }
        arrived.post()
    }

    /// Ends the waiting once everything is taken.
    package func close() {
        state.withLock { $0.isClosed = true }
        arrived.post()
    }

    /// The next value, waiting for one; nil when the inbox is closed and empty.
    package func take() -> Value? {
        arrived.wait()
        return state.withLock { $0.values.isEmpty ? nil : $0.values.removeFirst() }
    }
}
