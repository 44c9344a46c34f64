import Glibc
import Synchronization

/// A real HTTP/1.1 server on loopback whose answers are bytes that a test writes itself.
final class LoopbackServer: Sendable {
    struct Request: Sendable, Equatable {
        let head: String
        let body: [UInt8]
        /// Counts connections from 1: equal numbers mean a kept connection.
        let connection: Int

        var line: String { String(head.prefix { $0 != "\r\n" }) }

        /// The first value under a name in lower case.
        func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts[0].lowercased() == name else { continue }
                return parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
            }
            return nil
        }
    }

    /// Bytes to send for a request; nil sends nothing and keeps the connection open, none at all closes it.
    typealias Script = @Sendable (Request) -> [UInt8]?

    let port: Int
    private let listener: Int32
    private let script: Script
    private let ends = Mutex<[Int32]>([])
    /// Requests as they come.
    let requests: AsyncStream<Request>
    private let arrived: AsyncStream<Request>.Continuation
    /// One element whenever a client closes its connection.
    let closures: AsyncStream<Void>
    private let closed: AsyncStream<Void>.Continuation

    var url: String { "http://127.0.0.1:\(port)" }

    init(_ script: @escaping Script) {
        self.script = script
        (requests, arrived) = AsyncStream.makeStream()
        (closures, closed) = AsyncStream.makeStream()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(listener, $0, length) == 0 && listen(listener, 64) == 0)
                getsockname(listener, $0, &length)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        Self.thread { [listener, weak self] in
            var count = 0
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0, let server = self else { return }
                count += 1
                let number = count
                server.ends.withLock { $0.append(descriptor) }
                Self.thread { server.serve(descriptor, number) }
            }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for descriptor in ends.withLock({ $0 }) { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    private func serve(_ descriptor: Int32, _ connection: Int) {
        var received: [UInt8] = []
        while let request = Self.request(descriptor, connection, &received) {
            arrived.yield(request)
            guard let answer = script(request) else { continue }
            guard !answer.isEmpty else {
                shutdown(descriptor, Int32(SHUT_RDWR))
                break
            }
            var rest = answer[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
        }
        closed.yield()
    }

    private static func request(_ descriptor: Int32, _ connection: Int, _ received: inout [UInt8]) -> Request?
    {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let end = received.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
                let whole = Request(head: head, body: [], connection: connection)
                let length = whole.header("content-length").flatMap { Int($0) } ?? 0
                if received.count >= end.upperBound + length {
                    let body = Array(received[end.upperBound..<end.upperBound + length])
                    received.removeFirst(end.upperBound + length)
                    return Request(head: head, body: body, connection: connection)
                }
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            received += buffer[..<count]
        }
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            },
            Unmanaged.passRetained(Box(body)).toOpaque()
        )
        precondition(status == 0, "no thread is left")
        pthread_detach(thread)
    }

    /// An answer with a length.
    static func answer(_ status: Int = 200, _ body: String = "", headers: [String] = []) -> [UInt8] {
        let head = ["HTTP/1.1 \(status) Whatever", "Content-Length: \(body.utf8.count)"] + headers
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }
}
