import Glibc

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
