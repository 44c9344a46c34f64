import CPlatform
import DequeModule
import Glibc
import Histograms

/// Sends requests when they are due, whether answers come or not, from one thread.
///
/// A generator that waits for answers sends less the slower the server is, and so hides its worst times ("coordinated omission",
/// Tene). Here latency counts from the time at which a request was to be sent, with the wait for a free connection.
package final class LoadGenerator {
    /// A connection's place in the table.
    private typealias Index = Int

    private struct Pending {
        let due: Int64
        let number: Int
    }

    private struct Deadline {
        let at: Int64
        let connection: Index
        let number: Int
    }

    private let settings: LoadSettings
    private let address: SocketAddress
    private let epoll: Int32
    private var connections: [LoadConnection] = []
    private var idle: [Index] = []
    private var dead: [Index] = []
    private var backlog: Deque<Pending> = []
    private var deadlines: Deque<Deadline> = []
    private var arrivals: Arrivals
    private var result: LoadResult
    private var sent = 0
    /// Requests up to this number had to wait for a connection.
    private var waitedUpTo = 0
    private var inFlight = 0
    private var start: Int64 = 0
    private var lastReport: Int64 = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 16)

    package init(_ settings: LoadSettings) throws(LoadError) {
        self.settings = settings
        address = try SocketAddress(host: settings.host, port: settings.port)
        arrivals = settings.arrivals
        result = LoadResult(slo: settings.slo)
        epoll = cplatform_epoll_create()
        guard epoll >= 0 else { throw .system("making an epoll instance", -epoll) }
    }

    deinit {
        for connection in connections { connection.close() }
        Glibc.close(epoll)
        buffer.deallocate()
    }

    private static func now() -> Int64 { cplatform_monotonic() }
    /// Runs until everything sent is answered or has timed out; blocks.
    ///
    /// - Parameter progress: called each second with what has been seen so far.
    package func run(progress: (LoadResult) -> Void = { _ in }) -> LoadResult {
        cplatform_raise_file_limit()
        cplatform_precise_waits()
        start = Self.now() + 1_000_000
        lastReport = start
        let end = start + (settings.warmUp + settings.duration).nanoseconds
        var next = nextDue()
        while true {
            let now = Self.now()
            while let due = next, due <= now, due < end {
                backlog.append(Pending(due: due, number: sent))
                sent += 1
                next = nextDue()
            }
            if let due = next, due >= end { next = nil }
            expire(now)
            dispatch()
            if next == nil, backlog.isEmpty, inFlight == 0 { break }
            report(now, progress)
            wait(until: min(next ?? .max, deadlines.first?.at ?? .max, lastReport + 1_000_000_000))
        }
        (result.duration, result.connections) = (settings.duration, connections.count)
        return result
    }

    private func nextDue() -> Int64? { arrivals.next().map { start + $0.nanoseconds } }
    private func report(_ now: Int64, _ progress: (LoadResult) -> Void) {
        guard now - lastReport >= 1_000_000_000 else { return }
        lastReport = now
        var current = result
        current.duration = .nanoseconds(max(1, now - start - settings.warmUp.nanoseconds))
        progress(current)
    }

    // MARK: Sending

    /// Hands waiting requests to free connections, and opens more while allowed.
    private func dispatch() {
        while let pending = backlog.first {
            guard let index = freeConnection() else { return markWaiting(from: pending.number) }
            backlog.removeFirst()
            let connection = connections[index]
            if pending.number >= waitedUpTo, counts(pending.due) {
                result.lag.record(.nanoseconds(max(0, Self.now() - pending.due)))
            }
            connection.begin(
                pending.due,
                pending.number,
                settings.requests[pending.number % settings.requests.count]
            )
            inFlight += 1
            deadlines.append(
                Deadline(
                    at: pending.due + settings.timeout.nanoseconds,
                    connection: index,
                    number: pending.number
                )
            )
            write(index)
        }
    }

    /// All connections are busy: what is due waits for them.
    private func markWaiting(from number: Int) {
        if counts(backlog[0].due) { result.waited += max(0, sent - max(waitedUpTo, number)) }
        waitedUpTo = sent
    }

    private func freeConnection() -> Index? {
        if let index = idle.popLast() { return index }
        let index: Index
        if let reused = dead.popLast() {
            index = reused
        } else {
            guard connections.count < settings.connections else { return nil }
            index = connections.count
            connections.append(LoadConnection())
        }
        guard connections[index].open(address, epoll, index) else {
            dead.append(index)
            failFirst()
            return nil
        }
        return index
    }

    /// No connection can be made: the request at the head has failed.
    private func failFirst() {
        guard let pending = backlog.popFirst() else { return }
        record(.connectionError, due: pending.due)
    }

    private func counts(_ due: Int64) -> Bool { due - start >= settings.warmUp.nanoseconds }

    private func write(_ index: Index) {
        if !connections[index].write(epoll, index) { fail(index, .connectionError) }
    }

    // MARK: Receiving

    private func wait(until instant: Int64) {
        let timeout = max(0, min(instant - Self.now(), 1_000_000_000))
        withUnsafeTemporaryAllocation(of: cplatform_ready.self, capacity: 256) { ready in
            guard let base = ready.baseAddress else { return }
            let count = cplatform_epoll_wait(epoll, base, 256, timeout)
            guard count > 0 else { return }
            for event in 0..<Int(count) { handle(base[event]) }
        }
    }

    private func handle(_ ready: cplatform_ready) {
        let index = Index(ready.data)
        guard connections[index].isOpen else { return }
        if ready.canWrite != 0 { write(index) }
        if ready.canRead != 0, connections[index].isOpen { read(index) }
    }

    private func read(_ index: Index) {
        while true {
            switch connections[index].read(into: buffer) {
            case .wouldBlock: return
            case .complete(let status, let closes):
                complete(index, status, closes)
                return
            case .more: continue
            case .closed:
                fail(index, .connectionError)
                return
            }
        }
    }

    private func complete(_ index: Index, _ status: Int, _ closes: Bool) {
        let connection = connections[index]
        record(.answered(status: status), due: connection.due)
        inFlight -= 1
        // What is left of a request that was answered early would come before the next one.
        let closes = closes || !connection.isWritten
        connection.finish()
        forgetDeadlines()
        if closes {
            connection.close()
            dead.append(index)
        } else {
            idle.append(index)
        }
        if !backlog.isEmpty { dispatch() }
    }

    /// A connection is lost, with the request that it carried.
    private func fail(_ index: Index, _ outcome: LoadResult.Outcome) {
        let connection = connections[index]
        if connection.isBusy {
            record(outcome, due: connection.due)
            inFlight -= 1
        } else {
            idle.removeAll { $0 == index }
        }
        connection.close()
        dead.append(index)
    }

    /// Drops the deadlines at the head whose requests have ended, so that nobody wakes for them.
    private func forgetDeadlines() {
        while let first = deadlines.first, !isUnderWay(first) { deadlines.removeFirst() }
    }

    private func isUnderWay(_ deadline: Deadline) -> Bool {
        connections[deadline.connection].isBusy && connections[deadline.connection].number == deadline.number
    }

    private func expire(_ now: Int64) {
        while let first = deadlines.first, first.at <= now {
            deadlines.removeFirst()
            if isUnderWay(first) { fail(first.connection, .timeout) }
        }
        while let first = backlog.first, first.due + settings.timeout.nanoseconds <= now {
            backlog.removeFirst()
            record(.timeout, due: first.due)
        }
    }

    private func record(_ outcome: LoadResult.Outcome, due: Int64) {
        guard counts(due) else { return }
        let second = (due - start - settings.warmUp.nanoseconds) / 1_000_000_000
        result.record(outcome, latency: .nanoseconds(Self.now() - due), second: Int(second))
    }
}
