import CURL
import Fleet
import Routing
import Testing
import Wire

@Suite struct `What a backend is asked` {
    private func request(
        _ path: String = "/v2/models/m/infer",
        method: String = "POST",
        headers: [(String, String)] = [],
        body: String = "{}"
    ) -> BackendRequest? {
        let fields = headers.map { HTTPHeaders.Field($0.0, $0.1) }
        return BackendRequest(
            HTTPRequest(method: method, path: path, headers: HTTPHeaders(fields), body: Array(body.utf8)[...])
        )
    }

    private func sent(_ request: BackendRequest?, to backend: RegisteredBackend, token: String? = "t") throws
        -> CURLRequest
    {
        var world = World([backend])
        guard case .attempt(let attempt) = world.step(world.journey()) else { throw CURLError.closed }
        return try #require(request).request(for: attempt, token: token)
    }

    @Test func `goes to its address over a pinned key, in bounds`() throws {
        let request = try sent(request(), to: backend("a", address: "fd00::7", pin: "sha256//pin="))
        #expect(request.url == "https://[fd00::7]:8443/v2/models/m/infer")
        #expect((request.method, request.pinnedPublicKey) == ("POST", "sha256//pin="))
        #expect(request.body == Array("{}".utf8))
        #expect((request.timeout, request.connectTimeout) == (.milliseconds(200), .milliseconds(100)))
        #expect(request.responseLimit == 6 << 20)
    }

    @Test func `is what the client sent, without what ends here and with the deadline and the token`() throws
    {
        let headers = [
            ("Content-Type", "application/json"), ("Connection", "keep-alive, X-Hop"), ("x-hop", "1"),
            ("TE", "trailers"),
            ("Transfer-Encoding", "chunked"), ("Content-Length", "9"), ("Host", "api.example"),
            ("X-Mark-Token", "forged"),
            ("x-mark-deadline-ms", "1"), ("X-MARK-ANYTHING", "1"), ("X-Request-Id", "r"),
            ("Accept-Encoding", "gzip"),
        ]
        let names = try sent(request(headers: headers), to: backend("a")).headers
        #expect(
            names.map { "\($0.name): \($0.value)" } == [
                "Content-Type: application/json", "X-Request-Id: r", "Accept-Encoding: gzip",
                "x-mark-deadline-ms: 190", "x-mark-token: t",
            ]
        )
    }

    @Test func `carries no token when there is none`() throws {
        let headers = try sent(request(), to: backend("a"), token: nil).headers
        #expect(!headers.contains { $0.name == "x-mark-token" })
    }

    @Test(arguments: [
        "/v2/models/m/infer", "/v2/models/m/infer/", "/v2/models/m/versions/3/infer",
        "/v2/models/a%20b/infer",
        "/v2/models/infer/infer", "//v2//models/m/infer", "/v2/models/m/generate",
        "/v2/models/m/versions/3/generate_stream", "/v1/completions",
    ])
    func `is an inference or a text`(path: String) {
        #expect(request(path) != nil)
    }

    @Test(arguments: [
        "", "/", "/metrics", "/v2", "/v2/models/m", "/v2/models/m/ready", "/v2/models/m/config",
        "/v2/models/infer",
        "/v1/models", "/v1/completions/m", "/v2/models/generate",
        "/v2/repository/models/m/load", "/v2/repository/models/infer", "/invocations", "/v2/health/ready",
        "/v2/models/../infer", "/v2/models/m/versions/../infer", "/v2/models/m/infer/..",
        "/v2/models/m/infer?a=b",
        "/v2/models/m/infer#a", "/v2/models/m n/infer", "/v2/models/é/infer", "/v2/models/m/infer\r\nx: y",
        "http://elsewhere/v2/models/m/infer", "/v2/models/m/stats/3/infer", "/V2/models/m/infer",
        "@10.0.0.9/v2/models/m/infer",
    ])
    func `is nothing else`(path: String) {
        #expect(request(path) == nil)
    }

    @Test(arguments: ["GET", "HEAD", "PUT", "post", ""])
    func `is always a POST`(method: String) {
        #expect(request(method: method) == nil)
    }
}
