import Synchronization
import Threading
import Wire

/// Writes a line of JSON for each answer, on a thread of its own: a pipe that nobody reads must not stop the server.
package final class AccessLog: Sendable {
    private struct State {
        var lines: [UInt8] = []
        var dropped = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let arrived = Semaphore()
    private let clock: @Sendable () -> String

    /// Bytes that may wait for the writer; lines beyond are dropped, and counted in the log.
    private static let waitingMax = 1 << 20

    /// - Parameters:
    ///   - clock: the time as the log is to show it.
    ///   - write: writes lines; it may block.
    package init(clock: @escaping @Sendable () -> String, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.clock = clock
        Thread.start { [self] in
            while let lines = take() { write(lines) }
        }
    }

    /// What waits; nil at the end.
    private func take() -> [UInt8]? {
        arrived.wait()
        return state.withLock { state in
            if state.lines.isEmpty && state.isClosed { return nil }
            if state.dropped > 0 {
                let note = JSON.object([.init("dropped_lines", .integer(Int64(state.dropped)))])
                state.lines += note.encoded() + [UInt8(ascii: "\n")]
                state.dropped = 0
            }
            defer { state.lines = [] }
            return state.lines
        }
    }

    /// Ends the thread once everything is written.
    package func close() {
        state.withLock { $0.isClosed = true }
        arrived.post()
    }

    func add(_ exchange: Exchange, status: Int, bytes: Int, now: Duration) {
        let request = exchange.request
        let line: JSON = [
            "time": .string(clock()), "method": .string(request.method), "path": .string(request.path),
            "status": .integer(Int64(status)), "bytes_in": .integer(Int64(request.body.count)),
            "bytes_out": .integer(Int64(bytes)),
            "ms": .double(((now - exchange.arrival) / .microseconds(1)).rounded() / 1000),
        ]
        let isFirst = state.withLock { state -> Bool in
            guard state.lines.count < Self.waitingMax else {
                state.dropped += 1
                return false
            }
            let isFirst = state.lines.isEmpty
            state.lines += line.encoded()
            state.lines.append(UInt8(ascii: "\n"))
            return isFirst
        }
        if isFirst { arrived.post() }
    }
}
