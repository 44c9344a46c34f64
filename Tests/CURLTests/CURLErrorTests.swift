import CURL
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `requests that fail` {
    @Test func `a port where nobody listens is named`() async throws {
        let server = LoopbackServer { _ in nil }
        server.stop()
        let client = try CURLClient()
        let error = await #expect(throws: CURLError.self) {
            try await client.send(CURLRequest(url: "http://me:secret@127.0.0.1:\(server.port)/v2?key=secret"))
        }
        #expect(error == .connectionRefused(url: server.url + "/v2"))
        #expect(error?.description.contains("check that the server runs") == true)
    }

    @Test func `a server that says nothing meets the deadline`() async throws {
        let server = LoopbackServer { _ in nil }
        defer { server.stop() }
        let client = try CURLClient()
        let request = CURLRequest(url: server.url, timeout: .milliseconds(30))
        await #expect(throws: CURLError.timeout(url: server.url, after: .milliseconds(30))) {
            try await client.send(request)
        }
    }

    @Test(arguments: [Duration.zero, .seconds(-1)])
    func `a deadline that has passed is a deadline still`(timeout: Duration) async throws {
        let server = LoopbackServer { _ in nil }
        defer { server.stop() }
        let client = try CURLClient()
        await #expect(throws: CURLError.timeout(url: server.url, after: timeout)) {
            try await client.send(CURLRequest(url: server.url, timeout: timeout))
        }
    }

    @Test(arguments: ["Content-Length: 1001", "Transfer-Encoding: chunked"])
    func `an answer above the limit is refused and one of just that size is not`(framing: String) async throws
    {
        let server = LoopbackServer { request in
            let size = request.line.contains("/fits") ? 1000 : 1001
            let body = String(repeating: "x", count: size)
            let isChunked = framing.contains("chunked")
            let text = isChunked ? String(size, radix: 16) + "\r\n\(body)\r\n0\r\n\r\n" : body
            let header = isChunked ? framing : "Content-Length: \(size)"
            return Array("HTTP/1.1 200 OK\r\n\(header)\r\n\r\n\(text)".utf8)
        }
        defer { server.stop() }
        let client = try CURLClient()
        let fits = try await client.send(CURLRequest(url: server.url + "/fits", responseLimit: 1000))
        #expect(fits.body.count == 1000)
        await #expect(throws: CURLError.responseTooLarge(url: server.url, limit: 1000)) {
            try await client.send(CURLRequest(url: server.url, responseLimit: 1000))
        }
    }

    @Test func `an answer cut short is an error`() async throws {
        let server = LoopbackServer { _ in Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".utf8) }
        let client = try CURLClient()
        let error = await failure(of: CURLRequest(url: server.url), through: client) { _ in
            _ = await server.requests.first { _ in true }
            server.stop()
        }
        // Not refused: the answer had begun.
        guard case .failed(server.url, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        (CURLRequest(url: "file:///etc/passwd"), "http://"),
        (CURLRequest(url: "http://h/a b"), "percent-encode"),
        (CURLRequest(url: "http://h/\r\nX: y"), "percent-encode"),
        (CURLRequest(method: "GET /x", url: "http://h/"), "method"),
        (CURLRequest(method: "", url: "http://h/"), "method"),
        (CURLRequest(url: "http://h/", headers: [("X", "a\r\nY: b")]), "line break"),
        (CURLRequest(url: "http://h/", headers: [("X: y", "a")]), "letters"),
    ])
    func `what would change the bytes on the wire is refused`(
        request: CURLRequest,
        remedy: String
    ) async throws {
        let client = try CURLClient()
        let error = await #expect(throws: CURLError.self) { try await client.send(request) }
        #expect(error?.description.contains(remedy) == true)
    }
}

@Suite(.timeLimit(.minutes(5)))
struct `the HTTP client's end` {
    @Test func `cancelling the task ends the transfer and closes its connection`() async throws {
        let server = LoopbackServer { _ in nil }
        defer { server.stop() }
        let error = await failure(of: CURLRequest(url: server.url), through: try CURLClient()) { cancel in
            _ = await server.requests.first { _ in true }
            cancel()
        }
        #expect(error == .cancelled)
        await server.closures.first { _ in true }
    }

    @Test func `a task that is cancelled already has no answer`() async throws {
        let server = LoopbackServer { _ in nil }
        defer { server.stop() }
        let error = await failure(of: CURLRequest(url: server.url), through: try CURLClient()) { $0() }
        #expect(error == .cancelled)
    }

    @Test func `closing fails what is under way and all that comes later`() async throws {
        let server = LoopbackServer { _ in nil }
        defer { server.stop() }
        let client = try CURLClient()
        let error = await failure(of: CURLRequest(url: server.url), through: client) { _ in
            _ = await server.requests.first { _ in true }
            await client.close()
            await client.close()
        }
        #expect(error == .closed)
        await #expect(throws: CURLError.closed) { try await client.send(CURLRequest(url: server.url)) }
    }

    @Test func `a client that nobody holds closes its connections`() async throws {
        let server = LoopbackServer { _ in LoopbackServer.answer() }
        defer { server.stop() }
        do {
            let client = try CURLClient()
            _ = try await client.send(CURLRequest(url: server.url))
        }
        // The connection was kept; it ends with the client's thread.
        await server.closures.first { _ in true }
    }
}

/// Why a request failed, or nil.
///
/// `meanwhile` runs at the same time and may cancel the request's task.
private func failure(
    of request: CURLRequest,
    through client: CURLClient,
    meanwhile: (_ cancel: () -> Void) async -> Void
) async -> CURLError? {
    await withTaskGroup(of: CURLError?.self) { group in
        group.addTask {
            do throws(CURLError) {
                _ = try await client.send(request)
                return nil
            } catch {
                return error
            }
        }
        await meanwhile { group.cancelAll() }
        return await group.next() ?? nil
    }
}
