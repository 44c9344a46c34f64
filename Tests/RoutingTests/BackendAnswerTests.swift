import CURL
import Routing
import Testing
import Wire

@Suite struct `What a backend answers` {
    private func answer(_ status: Int, _ body: String, _ headers: [(name: String, value: String)] = [])
        -> BackendAnswer
    {
        BackendAnswer(CURLResponse(status: status, headers: headers, body: Array(body.utf8)))
    }

    private func failure(_ answer: BackendAnswer) -> Failure? {
        if case .failed(let failure) = answer { failure } else { nil }
    }

    @Test func `is passed on without what ends here`() {
        let headers = [
            ("Content-Type", "application/json"), ("content-length", "2"), ("Connection", "keep-alive"),
            ("Keep-Alive", "timeout=5"), ("Date", "now"), ("x-mark-inner", "1"), ("X-Model", "m"),
        ].map { (name: $0.0, value: $0.1) }
        guard case .answered(let response) = answer(200, "{}", headers) else { return #expect(Bool(false)) }
        #expect(
            response.headers
                == HTTPHeaders([.init("Content-Type", "application/json"), .init("X-Model", "m")])
        )
        #expect((response.status, response.body) == (200, Array("{}".utf8)))
    }

    @Test(arguments: [400, 403, 404, 405, 413, 415, 422])
    func `is the client's when the mistake is`(status: Int) {
        guard case .answered(let response) = answer(status, "{\"error\":\"x\"}") else {
            return #expect(Bool(false))
        }
        #expect(response.status == status)
    }

    @Test(arguments: [100, 201, 204, 301, 302, 408, 429, 500, 502, 503, 504, 0])
    func `is a failure when the mistake is not the client's`(status: Int) {
        guard case .failed = failure(answer(status, "{}")) else { return #expect(Bool(false)) }
    }

    @Test func `tells a bounce from a failure, and a token that is not taken`() {
        #expect(failure(answer(503, "{}", [("X-Mark-Bounced", "capacity")])) == .bounced("capacity"))
        #expect(failure(answer(500, "{}", [("x-mark-bounced", "capacity")])) == .failed("HTTP 500"))
        #expect(failure(answer(401, "{}")) == .unauthorised)
    }

    @Test(arguments: ["", " ", "<html></html>", "[1]", "\"text\"", "{\"outputs\":[", "1", "x{}"])
    func `cannot be a success of another form`(body: String) {
        guard case .failed = failure(answer(200, body)) else { return #expect(Bool(false)) }
    }

    @Test(arguments: ["{}", " {\"a\":1}\n", "{\"é\":\"ü\"}"])
    func `can be a JSON object`(body: String) {
        #expect(failure(answer(200, body)) == nil)
    }

    @Test func `cannot be text that is no UTF-8, which the event could not carry`() {
        for status in [200, 400] {
            let answer = BackendAnswer(CURLResponse(status: status, body: [0x7B, 0x22, 0xE9, 0x22, 0x7D]))
            guard case .failed = failure(answer) else { return #expect(Bool(false)) }
        }
    }

    @Test func `can end in tensors whose JSON says where they begin`() {
        func header(_ length: String) -> [(name: String, value: String)] {
            [("Content-Type", "application/octet-stream"), ("Inference-Header-Content-Length", length)]
        }
        let body = Array("{}".utf8) + [0xFF, 0x00, 0x20]
        for (length, isGood) in [
            ("2", true), ("5", true), ("6", false), ("1", false), ("-1", false), ("x", false),
        ] {
            let answer = BackendAnswer(CURLResponse(status: 200, headers: header(length), body: body))
            #expect((failure(answer) == nil) == isGood)
        }
    }

    @Test func `can be a text's events, whole`() {
        let type = [(name: "Content-Type", value: "text/event-stream; charset=utf-8")]
        #expect(failure(answer(200, "data: {}\n\ndata: [DONE]\n\n", type)) == nil)
        for cut in ["data: {}\n", "data: {}", "{}", "data: {}\n\ndata: {"] {
            #expect(failure(answer(200, cut, type)) == .failed("HTTP 200 with events that are cut"))
        }
    }

    @Test func `is not looked into when it is compressed`() {
        let answer = BackendAnswer(
            CURLResponse(status: 200, headers: [("content-encoding", "gzip")], body: [0x1F, 0x8B, 0xFF])
        )
        #expect(failure(answer) == nil)
    }

    @Test func `can be none`() {
        #expect(failure(BackendAnswer(.timeout(url: "u", after: .zero))) == .timedOut)
        #expect(failure(BackendAnswer(.connectionRefused(url: "https://a"))) != nil)
        guard case .unsendable = failure(BackendAnswer(.invalidRequest("header"))) else {
            return #expect(Bool(false))
        }
        guard case .failed(let text) = failure(BackendAnswer(.insecure(url: "https://a", reason: "pin")))
        else {
            return #expect(Bool(false))
        }
        #expect(text.contains("pin"))
    }
}
