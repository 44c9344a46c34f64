import NIOCore
import Synchronization

/// The connections of one event loop, and the one timer that watches over all of them.
final class HTTPLoop: @unchecked Sendable {
    // All of it belongs to the loop.
    private let loop: any EventLoop
    private let server: HTTPServer.Shared
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var sweep: RepeatedTask?

    private static let interval = TimeAmount.milliseconds(250)

    init(_ loop: any EventLoop, _ server: HTTPServer.Shared) {
        self.loop = loop
        self.server = server
    }

    func start() {
        sweep = loop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in
            self.check()
        }
    }

    func stop() { loop.execute { self.sweep?.cancel() } }

    func add(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = connection
        server.counters.open.increment()
    }

    func remove(_ connection: HTTPConnection) {
        if connections.removeValue(forKey: ObjectIdentifier(connection)) != nil {
            server.counters.open.subtract(1, ordering: .relaxed)
        }
    }

    /// Closes all connections, whatever they are doing.
    func closeAll() {
        loop.execute {
            for connection in self.connections.values { connection.context?.close(promise: nil) }
        }
    }

    private func check() {
        let now = server.now()
        let drainTime = server.drainTime(now)
        for connection in Array(connections.values)
        where connection.isOverdue(now, drainTime) {
            connection.context?.close(promise: nil)
        }
    }
}

extension HTTPConnection {
    /// Whether the connection has used up the time for what it is doing.
    ///
    /// - Parameter drainTime: for how long the server has been draining.
    fileprivate func isOverdue(_ now: Duration, _ drainTime: Duration?) -> Bool {
        if let unwritableSince { return timedOut(now - unwritableSince > server.limits.writeTime) }
        switch phase {
        case .header(let since):
            guard exchanges.isEmpty else { return false }
            // What was sent before the drain is read by then, and answered.
            if let drainTime, min(drainTime, now - since) > .milliseconds(200) { return true }
            return timedOut(now - since > server.limits.idle)
        case .body(let since), .discarded(let since, _): return timedOut(now - since > server.limits.bodyTime)
        case .closing(let since): return exchanges.isEmpty && now - since > server.limits.linger
        }
    }

    private func timedOut(_ isOverdue: Bool) -> Bool {
        if isOverdue { server.counters.timeouts.increment() }
        return isOverdue
    }
}
