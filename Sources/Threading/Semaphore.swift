import CPlatform
import Glibc

/// A counting semaphore (POSIX), for threads that may block.
package final class Semaphore: Sendable {
    // The library's semaphores are thread-safe; this one is destroyed when nothing uses it any more.
    private nonisolated(unsafe) let semaphore: UnsafeMutablePointer<sem_t>

    package init() {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    package func post() { sem_post(semaphore) }

    package func wait() { while sem_wait(semaphore) != 0 && errno == EINTR {} }

    /// Waits until an instant of the monotonic clock at most.
    ///
    /// - Returns: whether someone posted.
    @discardableResult
    package func wait(until instant: Duration) -> Bool {
        let (seconds, attoseconds) = instant.components
        return cplatform_wait_until(semaphore, seconds, attoseconds / 1_000_000_000) != 0
    }
}
