import Glibc
import LambdaRuntime
import Testing
import Threading
import Wire

@Suite(.timeLimit(.minutes(5))) struct `A streamed response` {
    private struct Broken: Error, CustomStringConvertible { let description = "the well is dry" }

    @Test func `begins with its prelude and ends with the last chunk`() throws {
        let prelude = ResponsePrelude(
            status: 201,
            headers: HTTPHeaders([.init("content-type", "text/plain")]),
            cookies: ["a=b"]
        )
        let exchange = try StreamedExchange { stream in
            try stream.write(Array("one ".utf8))
            try stream.write([])
            try stream.write(Array("two".utf8))
        } prelude: {
            prelude
        }
        #expect(exchange.delivery == .accepted)
        #expect(exchange.head.contains("lambda-runtime-function-response-mode: streaming"))
        #expect(exchange.head.contains("transfer-encoding: chunked"))
        #expect(exchange.head.contains("application/vnd.awslambda.http-integration-response"))
        let zeros = try #require(exchange.body.firstIndex(of: 0))
        #expect(
            try JSON(parsing: Array(exchange.body[..<zeros])) == [
                "statusCode": 201, "headers": ["content-type": "text/plain"], "cookies": ["a=b"],
            ]
        )
        #expect(Array(exchange.body[zeros...]) == [UInt8](repeating: 0, count: 8) + Array("one two".utf8))
        #expect(exchange.trailers.isEmpty)
    }

    @Test func `sends the last chunk for an empty body too`() throws {
        let exchange = try StreamedExchange { _ in
        } prelude: {
            nil
        }
        #expect(exchange.delivery == .accepted)
        #expect(exchange.body.isEmpty)
        #expect(exchange.head.contains("application/octet-stream"))
    }

    @Test func `tells of a later error in its trailers`() throws {
        let exchange = try StreamedExchange { stream in
            try stream.write(Array("begun".utf8))
            throw Broken()
        } prelude: {
            nil
        }
        #expect(Array(exchange.body) == Array("begun".utf8))
        #expect(exchange.trailers["lambda-runtime-function-error-type"] == "Function.StreamFailed")
        let text = try #require(exchange.trailers["lambda-runtime-function-error-body"])
        #expect(try JSON(parsing: Base64.decode(Array(text.utf8)))["errorMessage"] == "the well is dry")
    }

    @Test func `that fails before its first byte is an ordinary error`() throws {
        let exchange = try StreamedExchange { _ in
            throw Broken()
        } prelude: {
            nil
        }
        #expect(exchange.head.hasPrefix("post /2018-06-01/runtime/invocation/r1/error"))
        #expect(try JSON(parsing: exchange.body)["errorMessage"] == "the well is dry")
    }
}

/// One streamed answer, as the other side of the connection sees it.
private struct StreamedExchange {
    /// Request line and headers in lower case.
    var head = ""
    /// The chunks' contents, or the whole body where there are none.
    var body: [UInt8] = []
    var trailers: [String: String] = [:]
    var delivery = RuntimeClient.Delivery.refused(status: 0, "")

    init(
        _ produce: @escaping @Sendable (inout ResponseStream) throws -> Void,
        prelude: @escaping @Sendable () -> ResponsePrelude?
    ) throws {
        let listener = try Listener()
        let environment = try LambdaEnvironment(["AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(listener.port)"])
        let answered = Mailbox<Result<RuntimeClient.Delivery, RuntimeAPIError>>()
        Thread.start {
            let client = RuntimeClient(environment) { _ in }
            answered.put(
                Result { () throws(RuntimeAPIError) in
                    try client.answer(.stream(prelude(), produce), to: "r1")
                }
            )
        }
        let peer = try listener.accept()
        let lines = try peer.lines(upTo: "")
        head = lines.joined(separator: "\n").lowercased()
        if head.contains("transfer-encoding: chunked") {
            while let size = Int(try peer.line(), radix: 16), size > 0 {
                body += try peer.bytes(size)
                _ = try peer.line()
            }
            for line in try peer.lines(upTo: "") {
                let parts = line.split(separator: ":", maxSplits: 1)
                trailers[parts[0].lowercased()] = parts[1].drop { $0 == " " }.description
            }
        } else {
            let length = lines.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) }
            body = try peer.bytes(length ?? 0)
        }
        peer.send("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        delivery = try answered.take().get()
    }
}

/// A port of loopback.
private final class Listener {
    private let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound && listen(descriptor, 4) == 0, "no port of loopback")
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    func accept() throws -> Peer {
        let accepted = Glibc.accept(descriptor, nil, nil)
        try #require(accepted >= 0)
        return Peer(accepted)
    }
}

/// The other side of a connection.
private final class Peer {
    private let descriptor: Int32
    private var received: [UInt8] = []

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    func send(_ text: String) { _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }

    func bytes(_ count: Int) throws -> [UInt8] {
        while received.count < count { try receive() }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    func line() throws -> String {
        while true {
            if let end = received.firstIndex(of: 10) {
                defer { received.removeFirst(end + 1) }
                return String(decoding: received[..<(end - 1)], as: UTF8.self)
            }
            try receive()
        }
    }

    func lines(upTo last: String) throws -> [String] {
        var lines: [String] = []
        while case let line = try line(), line != last { lines.append(line) }
        return lines
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        try #require(count > 0, "the runtime closed the connection")
        received += buffer[..<count]
    }
}
