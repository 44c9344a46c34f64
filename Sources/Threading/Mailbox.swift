import Synchronization

/// A place where one thread leaves a value and others wait for it.
package final class Mailbox<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let arrived = Semaphore()

    package init() {}

    /// Leaves a value; only the first one counts.
    package func put(_ new: Value) {
        value.withLock { $0 = $0 ?? new }
        arrived.post()
    }

    /// Waits until there is a value, on any number of threads.
    package func take() -> Value {
        while true {
            if let value = value.withLock({ $0 }) { return value }
            arrived.wait()
            // Whoever else waits is woken in turn.
            arrived.post()
        }
    }
}
