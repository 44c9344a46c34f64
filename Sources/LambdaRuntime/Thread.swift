import Glibc
import Synchronization

/// A thread of the system's.
///
/// The runtime blocks in system calls, which Swift's cooperative threads are not for.
package enum Thread {
    /// Runs `body` on a new thread, or on this one if the system has none left.
    package static func start(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            },
            box.toOpaque()
        )
        guard status == 0 else { return box.takeRetainedValue().body() }
        pthread_detach(thread)
    }

    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

/// A place where one thread leaves a value and others wait for it.
package final class Mailbox<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private nonisolated(unsafe) let arrived: UnsafeMutablePointer<sem_t>

    package init() {
        arrived = .allocate(capacity: 1)
        sem_init(arrived, 0, 0)
    }

    deinit {
        sem_destroy(arrived)
        arrived.deallocate()
    }

    /// Leaves a value; only the first one counts.
    package func put(_ new: Value) {
        value.withLock { $0 = $0 ?? new }
        sem_post(arrived)
    }

    /// Waits until there is a value, on any number of threads.
    package func take() -> Value {
        while true {
            if let value = value.withLock({ $0 }) { return value }
            sem_wait(arrived)
            // Whoever else waits is woken in turn.
            sem_post(arrived)
        }
    }
}
