import CURL
import LambdaRuntime
import LocalCloud
import Testing
import Threading
import Wire

@Suite(.timeLimit(.minutes(5)))
struct `connections to the local front` {
    @Test func `are told to continue before a body comes`() async throws {
        let answers = try await talk { connection in
            connection.write(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            let interim = connection.read(to: "\r\n\r\n")
            connection.write("{}")
            return [interim, connection.read(to: "\r\n\r\n")]
        }
        #expect(answers[0].hasPrefix("HTTP/1.1 100 "))
        #expect(answers[1].hasPrefix("HTTP/1.1 200 "))
    }

    @Test(arguments: ["HTTP/1.0\r\nHost: x", "HTTP/1.1\r\nHost: x\r\nConnection: Close"])
    func `that do not persist are closed after the answer`(head: String) async throws {
        let answer = try await talk { connection in
            connection.write("GET /a \(head)\r\n\r\n")
            return connection.readAll()
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.contains("\"rawPath\": \"/a\""))
    }

    @Test func `carry requests sent ahead, answered in order`() async throws {
        let answers = try await talk { connection in
            connection.write((0..<3).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            return (0..<3).map { _ in connection.read(to: "\"isBase64Encoded\": false}") }
        }
        for (number, answer) in answers.enumerated() {
            #expect(answer.contains("\"rawPath\": \"/\(number)\""))
        }
    }

    @Test func `carry chunked bodies`() async throws {
        let answer = try await talk { connection in
            connection.write(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            )
            return connection.read(to: "\"isBase64Encoded\": false")
        }
        #expect(answer.contains("\"body\": \"abcde\""))
        #expect(answer.contains("\"content-length\": \"5\""))
    }

    @Test(arguments: [
        "Content-Length: 3\r\nTransfer-Encoding: chunked", "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: -3", "Transfer-Encoding: chunked, identity",
    ])
    func `whose requests have two readings are refused`(framing: String) async throws {
        let answer = try await talk { connection in
            connection.write("POST / HTTP/1.1\r\nHost: x\r\n\(framing)\r\n\r\nabc")
            return connection.readAll()
        }
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
    }

    @Test func `survive a payload that is too large for API Gateway, or an event that is for Lambda`()
        async throws
    {
        try await TestCloud.withFront { url, lines in
            let client = try CURLClient()
            for (size, remedy) in [((10 << 20) + 1, "10485760"), (5 << 20, "send smaller batches")] {
                let response = try await client.send(
                    CURLRequest(method: "POST", url: url, body: [UInt8](repeating: 7, count: size))
                )
                #expect(response.status == 413)
                let message = try JSON(parsing: response.body)["message"]?.stringValue
                #expect(message?.contains(remedy) == true)
            }
            #expect(lines.all.allSatisfy { $0.hasPrefix("POST / 413") })
            #expect(try await client.send(CURLRequest(url: url)).status == 200)
        }
    }

    /// Runs `body` on a thread of its own: it blocks, and Swift's threads are the server's.
    private func talk<Value: Sendable>(
        _ body: @escaping @Sendable (RawConnection) -> Value
    ) async throws -> Value {
        try await TestCloud.withFront { url, _ in
            let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
            return await withCheckedContinuation { continuation in
                Thread.start { continuation.resume(returning: body(RawConnection(port: port))) }
            }
        }
    }
}
