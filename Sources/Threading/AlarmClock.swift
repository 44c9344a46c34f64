import Synchronization

/// Rings on a thread of its own at the instant that it was last set to.
package final class AlarmClock: Sendable {
    private enum State {
        case unset
        case set(Duration)
        case stopped
    }

    private let state = Mutex(State.unset)
    private let changed = Semaphore()

    package init() {}

    /// Starts the thread that rings.
    package func start(_ ring: @escaping @Sendable () -> Void) {
        Thread.start { [self] in
            while true {
                switch state.withLock({ $0 }) {
                case .stopped: return
                case .unset: changed.wait()
                case .set(let instant):
                    // A post means that the instant has changed.
                    if !changed.wait(until: instant), rings(instant) { ring() }
                }
            }
        }
    }

    /// Rings then, and not when it was set to before.
    package func set(_ instant: Duration) {
        let isStopped = state.withLock { state in
            if case .stopped = state { return true }
            state = .set(instant)
            return false
        }
        if !isStopped { changed.post() }
    }

    package func stop() {
        state.withLock { $0 = .stopped }
        changed.post()
    }

    /// Whether it is still set to that instant; it is not set any more then.
    private func rings(_ instant: Duration) -> Bool {
        state.withLock { state in
            guard case .set(instant) = state else { return false }
            state = .unset
            return true
        }
    }
}
