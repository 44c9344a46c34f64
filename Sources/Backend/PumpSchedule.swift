import NIOCore
import Serving
import Synchronization

/// Runs small models' batches at the end of a loop's turn: all requests that arrived in it are one batch, without a timer.
final class PumpSchedule: Sendable {
    private struct Key: Hashable {
        let dispatcher: ObjectIdentifier
        let loop: ObjectIdentifier
    }

    private let scheduled = Mutex<Set<Key>>([])

    func schedule(_ dispatcher: Dispatcher, on loop: any EventLoop) {
        let key = Key(dispatcher: ObjectIdentifier(dispatcher), loop: ObjectIdentifier(loop))
        guard scheduled.withLock({ $0.insert(key).inserted }) else { return }
        loop.execute {
            self.scheduled.withLock { _ = $0.remove(key) }
            dispatcher.pump()
        }
    }
}
