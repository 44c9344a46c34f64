import Glibc
import Histograms
import Load
import Synchronization
import Testing
import Threading

/// The generator against a server of a few lines on a thread of its own.
@Suite(.timeLimit(.minutes(5))) struct `A load generator` {
    /// Serves connections one request at a time, each with the answer that a closure gives; nil closes the connection.
    private final class Server: Sendable {
        let port: Int
        private let listener: Int32
        private let isStopped = Atomic<Bool>(false)
        private let ended = Mailbox<Void>()

        init(_ answer: @escaping @Sendable (Int) -> String?) {
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            self.listener = listener
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            port = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, length)
                    listen(listener, 64)
                    getsockname(listener, $0, &length)
                }
                return Int(UInt16(bigEndian: pointer.pointee.sin_port))
            }
            Thread.start { [ended] in
                while case let connection = accept(listener, nil, nil), connection >= 0 {
                    Thread.start { Self.serve(connection, answer) }
                }
                close(listener)
                ended.put(())
            }
        }

        /// Refuses connections from here on; it may be called again.
        func stop() {
            if !isStopped.exchange(true, ordering: .relaxed) { shutdown(listener, Int32(SHUT_RDWR)) }
            ended.take()
        }

        private static func serve(_ connection: Int32, _ answer: (Int) -> String?) {
            defer { close(connection) }
            var buffer = [UInt8](repeating: 0, count: 4096)
            var count = 0
            while recv(connection, &buffer, buffer.count, 0) > 0 {
                guard let text = answer(count) else { return }
                count += 1
                if send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL)) < 0 { return }
                if text.hasPrefix("HTTP/1.0") { return }
            }
        }
    }

    private static func run(
        _ server: Server,
        rate: Double = 500,
        connections: Int = 16,
        timeout: Duration = .seconds(10)
    ) async throws -> LoadResult {
        var settings = LoadSettings(
            host: "127.0.0.1",
            port: server.port,
            requests: [LoadRequest(method: "GET", host: "x", target: "/")],
            arrivals: Arrivals(.constant(perSecond: rate), seed: 1),
            duration: .milliseconds(200),
            slo: .seconds(5)
        )
        settings.connections = connections
        settings.timeout = timeout
        let result: Result<LoadResult, LoadError> = await withCheckedContinuation { [settings] continuation in
            Thread.start {
                continuation.resume(
                    returning: Result { () throws(LoadError) in try LoadGenerator(settings).run() }
                )
            }
        }
        server.stop()
        return try result.get()
    }

    private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    @Test(arguments: [
        answer, "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n" + answer, "HTTP/1.1 204 No Content\r\n\r\n",
    ])
    func `counts every request once, whatever answers look like`(answer: String) async throws {
        let result = try await Self.run(Server { _ in answer })
        #expect(result.intended == 100)
        #expect(result.statuses.values.reduce(0, +) == 100)
        #expect(result.seconds.reduce(0) { $0 + $1.intended } == 100)
    }

    @Test func `tells refusals from answers`() async throws {
        let refusal = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
        let result = try await Self.run(
            Server { $0.isMultiple(of: 2) ? Self.answer : refusal },
            connections: 1
        )
        #expect(result.served == 50 && result.refused == 50)
        #expect(result.latencies.count == 50 && result.refusals.count == 50)
        #expect(result.sloShare == 0.5)
    }

    @Test func `opens a new connection for each that a server closes`() async throws {
        let closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        let untilClose = "HTTP/1.0 200 OK\r\n\r\nall of it"
        for text in [closing, untilClose] {
            let result = try await Self.run(Server { $0 == 0 ? text : nil }, connections: 2)
            #expect(result.served + result.connectionErrors == 100)
            #expect(result.served > 50)
        }
    }

    @Test func `counts what is lost, and what nobody answers`() async throws {
        let lost = try await Self.run(Server { _ in nil })
        #expect(lost.connectionErrors == 100 && lost.good == 0)
        let silent = try await Self.run(Server { _ in "" }, timeout: .milliseconds(50))
        #expect(silent.timeouts == 100)
        let nobody = Server { _ in nil }
        nobody.stop()
        #expect(try await Self.run(nobody).connectionErrors == 100)
    }

    @Test func `counts latency from the time at which a request was to be sent`() async throws {
        // The only connection stalls once; everyone behind it has waited as well.
        let gate = Semaphore()
        let server = Server { count in
            if count == 10 { gate.wait(until: MonotonicClock.now() + .milliseconds(150)) }
            return Self.answer
        }
        let result = try await Self.run(server, connections: 1)
        #expect(result.served == 100 && result.waited > 0)
        // A closed loop would have seen one slow answer in a hundred.
        #expect(result.latencies.percentile(0.9) > .milliseconds(50))
    }
}
