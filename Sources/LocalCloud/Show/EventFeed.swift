import Synchronization
import Wire

/// Server-sent events (WHATWG HTML, section 9.2) for any number of watchers, each with a bound on what it has not read.
final class EventFeed: Sendable {
    typealias Stream = AsyncStream<[UInt8]>

    private struct Watcher: Sendable {
        let continuation: Stream.Continuation
        /// Ends its connection, whatever is under way on it.
        let hangUp: @Sendable () -> Void
    }

    private struct Watchers {
        var all: [Int: Watcher] = [:]
        var next = 0
        var isClosed = false
    }

    private let watchers = Mutex(Watchers())

    static let watchersMax = 32
    /// Events that a watcher may be behind; one that is further loses its connection, and begins anew with the history.
    private static let behindMax = 240
    /// Events that one who reads may be behind at the end.
    private static let behindAtEnd = 8

    var isWatched: Bool { watchers.withLock { !$0.all.isEmpty } }

    /// The events from now on; nil when there are too many watchers, or the end has come.
    func watch(hangUp: @escaping @Sendable () -> Void) -> Stream? {
        watchers.withLock { watchers in
            guard !watchers.isClosed, watchers.all.count < Self.watchersMax else { return nil }
            let (stream, continuation) = Stream.makeStream(
                bufferingPolicy: .bufferingOldest(Self.behindMax)
            )
            let number = watchers.next
            watchers.next += 1
            watchers.all[number] = Watcher(continuation: continuation, hangUp: hangUp)
            continuation.onTermination = { [weak self] _ in self?.forget(number) }
            return stream
        }
    }

    private func forget(_ number: Int) {
        watchers.withLock { _ = $0.all.removeValue(forKey: number) }
    }

    func send(_ event: String, _ data: JSON) { send(Self.encoded(event, data)) }

    /// A comment, so that a connection that is gone is noticed.
    func keepAlive() { send(Array(": keep-alive\n\n".utf8)) }

    private func send(_ bytes: [UInt8]) {
        // Outside of the lock: a watcher's end comes back to `forget`.
        for watcher in watchers.withLock({ Array($0.all.values) }) {
            guard case .dropped = watcher.continuation.yield(bytes) else { continue }
            watcher.continuation.finish()
            watcher.hangUp()
        }
    }

    /// Ends all streams; whoever does not read loses its connection, so that nobody waits for it.
    func close() {
        let all = watchers.withLock { watchers in
            watchers.isClosed = true
            return Array(watchers.all.values)
        }
        for watcher in all {
            let result = watcher.continuation.yield(Array(": the end\n\n".utf8))
            watcher.continuation.finish()
            if case .enqueued(let remaining) = result, remaining >= Self.behindMax - Self.behindAtEnd {
                continue
            }
            watcher.hangUp()
        }
    }

    static func encoded(_ event: String, _ data: JSON) -> [UInt8] {
        Array("event: \(event)\ndata: ".utf8) + data.encoded() + Array("\n\n".utf8)
    }
}
