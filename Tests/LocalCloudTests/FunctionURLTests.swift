import CURL
import Glibc
import LocalCloud
import Testing
import Threading
import Wire

@Suite(.timeLimit(.minutes(5)))
struct `a function's own URL` {
    @Test func `passes on what is streamed as it comes`() async throws {
        let file = TestCloud.unusedPath()
        defer { unlink(file) }
        let parts = try await talk(["do": "stream-and-wait", "for": .string(file)]) { connection in
            let head = connection.read(to: "\r\n\r\n")
            let first = connection.read(to: "data: one\n\n")
            // The function goes on only now.
            TestCloud.create(file)
            return [head, first, connection.read(to: "0\r\n\r\n")]
        }
        #expect(parts[0].hasPrefix("HTTP/1.1 200 "))
        #expect(parts[0].lowercased().contains("content-type: text/event-stream\r\n"))
        #expect(parts[0].lowercased().contains("transfer-encoding: chunked\r\n"))
        #expect(parts[0].lowercased().contains("x-mark-receipt: "))
        #expect(parts[1].contains("data: one\n\n"))
        #expect(parts[2].contains("data: two\n\n"))
    }

    @Test func `breaks off where a function does`() async throws {
        let file = TestCloud.unusedPath()
        defer { unlink(file) }
        let parts = try await talk(["do": "stream-and-wait", "for": .string(file), "then": "crash"]) {
            connection in
            let first = connection.read(to: "data: one\n\n")
            TestCloud.create(file)
            return [first, connection.readAll()]
        }
        #expect(parts[0].hasPrefix("HTTP/1.1 200 "))
        #expect(!parts[1].contains("0\r\n\r\n"), "an answer with an end would look whole")
    }

    @Test func `lets a function end whose caller has gone`() async throws {
        let file = TestCloud.unusedPath()
        defer { unlink(file) }
        try await TestCloud.withFront { url, lines in
            let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
            await Self.apart {
                let connection = RawConnection(port: port)
                connection.write(Self.request(["do": "stream-and-wait", "for": .string(file)]))
                _ = connection.read(to: "data: one\n\n")
            }
            TestCloud.create(file)
            await lines.wait(for: "POST /function-url/do/x 200", count: 1)
            let response = try await CURLClient().send(CURLRequest(url: url + "/function-url/again"))
            #expect(response.status == 200)
        }
    }

    @Test func `answers like the gateway what is not streamed, and says what it is`() async throws {
        try await TestCloud.withFront { url, _ in
            let client = try CURLClient()
            let response = try await client.send(CURLRequest(url: url + "/function-url/a/b?c=d"))
            let event = try JSON(parsing: response.body)
            #expect(event["rawPath"] == "/a/b")
            #expect(event["rawQueryString"] == "c=d")
            let domain = event["requestContext"]?["domainName"]?.stringValue
            #expect(domain?.contains(".lambda-url.") == true)
            #expect(event["headers"]?["host"]?.stringValue == domain)
            let head = try await client.send(CURLRequest(method: "HEAD", url: url + "/function-url/a"))
            #expect(head.status == 200 && head.body.isEmpty)
        }
    }

    @Test(arguments: ["crash", "error", "stream-error"])
    func `is a bad gateway before anything was said`(order: String) async throws {
        let answer = try await talk(["do": .string(order)]) { [$0.read(to: "\r\n\r\n")] }
        #expect(answer[0].hasPrefix("HTTP/1.1 502 "))
    }

    private static func request(_ order: JSON) -> String {
        let body = String(decoding: order.encoded(), as: UTF8.self)
        return "POST /function-url/do/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
    }

    /// Runs what blocks on a thread of its own: Swift's threads are the server's.
    private static func apart<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.start { continuation.resume(returning: body()) }
        }
    }

    private func talk(
        _ order: JSON,
        _ body: @escaping @Sendable (RawConnection) -> [String]
    ) async throws -> [String] {
        try await TestCloud.withFront { url, _ in
            let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
            return await Self.apart {
                let connection = RawConnection(port: port)
                connection.write(Self.request(order))
                return body(connection)
            }
        }
    }
}
