import CURL
import Glibc
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `the HTTP client` {
    @Test func `an answer comes with its status, headers without case and body`() async throws {
        let server = LoopbackServer { _ in LoopbackServer.answer(404, "not here", headers: ["X-Reason: why"])
        }
        defer { server.stop() }
        let response = try await CURLClient().send(CURLRequest(url: server.url + "/a?b=c"))
        #expect(response.status == 404)
        #expect(response[header: "x-REASON"] == "why")
        #expect(response[header: "absent"] == nil)
        #expect(response.body == Array("not here".utf8))
    }

    @Test(
        arguments: [
            ("GET", [], "", "GET /p HTTP/1.1", nil),
            ("GET", [UInt8](1...9), "", "GET /p HTTP/1.1", "9"),
            ("POST", [], "", "POST /p HTTP/1.1", "0"),
            ("POST", [0, 255, 10], "application/x", "POST /p HTTP/1.1", "3"),
            ("PUT", [1], "text/plain", "PUT /p HTTP/1.1", "1"),
            ("DELETE", [], "", "DELETE /p HTTP/1.1", nil),
            ("PATCH", [1, 2], "", "PATCH /p HTTP/1.1", "2"),
        ] as [(String, [UInt8], String, String, String?)]
    )
    func `a request is sent as it was given, and nothing is added to it`(
        method: String,
        body: [UInt8],
        type: String,
        line: String,
        length: String?
    ) async throws {
        let server = LoopbackServer { _ in LoopbackServer.answer() }
        defer { server.stop() }
        let headers = [("X-Empty", ""), ("X-A", "b")] + (type.isEmpty ? [] : [("Content-Type", type)])
        _ = try await CURLClient().send(
            CURLRequest(method: method, url: server.url + "/p", headers: headers, body: body)
        )
        let request = try await #require(server.requests.first { _ in true })
        #expect(request.line == line)
        #expect(request.body == body)
        #expect(request.header("content-length") == length)
        #expect(request.header("content-type") == (type.isEmpty ? nil : type))
        #expect(request.header("x-a") == "b")
        #expect(request.header("x-empty") == "")
        for name in ["expect", "accept-encoding", "transfer-encoding", "user-agent"] {
            #expect(request.header(name) == nil, "\(name) was added")
        }
    }

    @Test func `a body of megabytes is sent without waiting to be asked for it`() async throws {
        let server = LoopbackServer { LoopbackServer.answer(200, "\($0.body.count)") }
        defer { server.stop() }
        let request = CURLRequest(
            method: "POST",
            url: server.url,
            body: [UInt8](repeating: 7, count: 3 << 20)
        )
        #expect(try await CURLClient().send(request).body == Array("\(3 << 20)".utf8))
        let sent = try await #require(server.requests.first { _ in true })
        #expect(sent.header("expect") == nil)
    }

    @Test(arguments: [true, false])
    func `a request that must not be sent twice is not, when a kept connection turns out dead`(
        isFresh: Bool
    ) async throws {
        let server = LoopbackServer { request in
            request.line.contains("/die") && request.connection == 1 ? [] : LoopbackServer.answer()
        }
        defer { server.stop() }
        let client = try CURLClient()
        _ = try await client.send(CURLRequest(url: server.url + "/first"))
        var request = CURLRequest(method: "POST", url: server.url + "/die", body: [1])
        request.usesFreshConnection = isFresh
        _ = try await client.send(request)
        var connections: [Int] = []
        for await request in server.requests {
            connections.append(request.connection)
            if connections.count == (isFresh ? 2 : 3) { break }
        }
        // libcurl's silent second try is why the choice exists.
        #expect(connections == (isFresh ? [1, 2] : [1, 1, 2]))
    }

    @Test func `HEAD has headers and no body`() async throws {
        let server = LoopbackServer { _ in Array("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".utf8) }
        defer { server.stop() }
        let response = try await CURLClient().send(CURLRequest(method: "HEAD", url: server.url))
        #expect(response[header: "content-length"] == "1000")
        #expect(response.body.isEmpty)
    }

    @Test func `a chunked answer is put together and an interim one leaves nothing behind`() async throws {
        let server = LoopbackServer { _ in
            Array(
                ("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n").utf8
            )
        }
        defer { server.stop() }
        let response = try await CURLClient().send(CURLRequest(url: server.url))
        #expect(response.status == 200)
        #expect(response.body == Array("abcde".utf8))
        #expect(response[header: "x-early"] == nil)
        #expect(response[header: "x-trailer"] == "t")
    }

    @Test func `redirects are the caller's business`() async throws {
        let server = LoopbackServer { _ in
            LoopbackServer.answer(302, headers: ["Location: http://127.0.0.1:1/"])
        }
        defer { server.stop() }
        #expect(try await CURLClient().send(CURLRequest(url: server.url)).status == 302)
    }

    @Test func `one connection serves one request after another`() async throws {
        let server = LoopbackServer { LoopbackServer.answer(200, "\($0.connection)") }
        defer { server.stop() }
        let client = try CURLClient()
        for _ in 0..<5 {
            #expect(try await client.send(CURLRequest(url: server.url)).body == Array("1".utf8))
        }
    }

    @Test func `many requests are under way at once`() async throws {
        // Nobody is answered before all 32 have asked: one at a time would never end.
        let gate = Gate(count: 32)
        let server = LoopbackServer { request in
            gate.pass()
            return LoopbackServer.answer(200, request.line)
        }
        defer { server.stop() }
        let client = try CURLClient()
        let url = server.url
        let lines = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<32 {
                group.addTask {
                    let response = try await client.send(CURLRequest(url: "\(url)/\(number)"))
                    return String(decoding: response.body, as: UTF8.self)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(lines.sorted() == (0..<32).map { "GET /\($0) HTTP/1.1" }.sorted())
    }

    @Test func `the path is sent as it is written, dots and all`() async throws {
        let server = LoopbackServer { LoopbackServer.answer(200, $0.line) }
        defer { server.stop() }
        let response = try await CURLClient().send(CURLRequest(url: server.url + "/a/../b%2Fc//d"))
        #expect(response.body == Array("GET /a/../b%2Fc//d HTTP/1.1".utf8))
    }
}

// In processes of their own, because the environment is everybody's.
@Suite(.timeLimit(.minutes(5)))
struct `the HTTP client and its environment` {
    @Test func `a proxy of the environment is not asked for loopback addresses`() async {
        await #expect(processExitsWith: .success) {
            setenv("http_proxy", "http://127.0.0.1:1", 1)
            let server = LoopbackServer { _ in LoopbackServer.answer(200, "direct") }
            let response = try await CURLClient().send(CURLRequest(url: server.url))
            #expect(response.body == Array("direct".utf8))
        }
    }

    @Test func `libcurl is not loaded before it is needed`() async {
        await #expect(processExitsWith: .success) {
            #expect(!hasLoadedCURL())
            _ = try CURLClient()
            #expect(hasLoadedCURL())
        }
    }

    @Test func `a name without an address is named`() async {
        await #expect(processExitsWith: .success) {
            unsetenv("http_proxy")
            let client = try CURLClient()
            await #expect(throws: CURLError.nameNotResolved(host: "nowhere.invalid")) {
                try await client.send(CURLRequest(url: "http://user@nowhere.invalid:80/x"))
            }
        }
    }
}

private func hasLoadedCURL() -> Bool {
    guard let maps = fopen("/proc/self/maps", "re") else { return false }
    defer { fclose(maps) }
    var bytes = [UInt8](repeating: 0, count: 1 << 22)
    let count = fread(&bytes, 1, bytes.count, maps)
    return bytes[..<count].firstRange(of: Array("libcurl".utf8)) != nil
}

/// Lets nobody through before `count` have come.
final class Gate: @unchecked Sendable {
    private let barrier: UnsafeMutablePointer<pthread_barrier_t>

    init(count: UInt32) {
        barrier = .allocate(capacity: 1)
        pthread_barrier_init(barrier, nil, count)
    }

    deinit {
        pthread_barrier_destroy(barrier)
        barrier.deallocate()
    }

    func pass() { pthread_barrier_wait(barrier) }
}
