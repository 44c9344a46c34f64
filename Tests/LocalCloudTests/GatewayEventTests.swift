import CURL
import LocalCloud
import Testing
import Wire

/// The scripted bootstrap gives an event back as it came.
@Suite(.timeLimit(.minutes(5)))
struct `the event of an HTTP request` {
    @Test func `has the shape that AWS documents`() async throws {
        let event = try await echo(
            CURLRequest(url: "/v2/a%20b/c?x=1&y=%2B+z&x=2&flag", headers: [("User-Agent", "tests/1")])
        )
        #expect(event["version"] == "2.0")
        #expect(event["routeKey"] == "$default")
        #expect(event["rawPath"] == "/v2/a b/c")
        #expect(event["rawQueryString"] == "x=1&y=%2B+z&x=2&flag")
        #expect(event["queryStringParameters"] == ["flag": "", "x": "1,2", "y": "+ z"])
        #expect(event["isBase64Encoded"] == false)
        for absent in ["body", "cookies", "pathParameters"] { #expect(event[absent] == nil) }
        let context = try #require(event["requestContext"])
        #expect(context["http"]?["method"] == "GET")
        #expect(context["http"]?["path"] == "/v2/a b/c")
        #expect(context["http"]?["protocol"] == "HTTP/1.1")
        #expect(context["http"]?["sourceIp"] == "127.0.0.1")
        #expect(context["http"]?["userAgent"] == "tests/1")
        #expect(context["stage"] == "$default")
        #expect(context["accountId"] == "123456789012")
        for text in ["apiId", "domainName", "domainPrefix", "requestId"] {
            #expect(context[text]?.stringValue?.isEmpty == false, "\(text)")
        }
        // 24/Nov/2026:03:14:59 +0000
        let time = try #require(context["time"]?.stringValue)
        #expect(time.wholeMatch(of: /\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000/) != nil)
        #expect((context["timeEpoch"]?.intValue ?? 0) > 1_700_000_000_000)
    }

    @Test func `has no query parameters when there is no query`() async throws {
        let event = try await echo(CURLRequest(url: "/"))
        #expect(event["rawQueryString"] == "")
        #expect(event["queryStringParameters"] == nil)
    }

    @Test func `has headers in lower case, repeats joined, cookies apart`() async throws {
        let headers = [
            ("X-Twice", "a"), ("x-tWICE", "b, c"), ("Cookie", "k=v; l=w"), ("TE", "trailers"),
            ("X-Forwarded-For", "10.0.0.1"),
        ]
        let event = try await echo(CURLRequest(url: "/", headers: headers))
        let sent = try #require(event["headers"])
        #expect(sent["x-twice"] == "a,b, c")
        #expect(event["cookies"] == ["k=v", "l=w"])
        #expect(sent["cookie"] == nil)
        #expect(sent["te"] == nil)
        #expect(sent["host"]?.stringValue?.hasPrefix("127.0.0.1:") == true)
        #expect(sent["x-forwarded-for"] == "10.0.0.1, 127.0.0.1")
        #expect(sent["x-forwarded-proto"] == "http")
        #expect(
            sent["x-forwarded-port"]?.stringValue
                == sent["host"]?.stringValue?.split(separator: ":").last.map(String.init)
        )
        let trace = try #require(sent["x-amzn-trace-id"]?.stringValue)
        #expect(trace.wholeMatch(of: /Root=1-[0-9a-f]{8}-[0-9a-f]{24}/) != nil)
    }

    @Test(arguments: [
        ("application/json", "{}", true),
        ("application/json; charset=utf-8", "{\"a\":\"\u{e9}\\n\"}", true),
        ("TEXT/plain", "line\nline", true),
        ("application/xml", "<a/>", true),
        ("application/javascript", "1", true),
        ("application/x-www-form-urlencoded", "a=b", true),
        ("application/octet-stream", "{}", false),
        ("image/png", "{}", false),
        ("", "{}", false),
    ])
    func `has text as text and everything else as Base64`(type: String, body: String, isText: Bool)
        async throws
    {
        let headers = type.isEmpty ? [] : [("Content-Type", type)]
        let event = try await echo(
            CURLRequest(method: "POST", url: "/", headers: headers, body: Array(body.utf8))
        )
        #expect(event["isBase64Encoded"] == .bool(!isText))
        let expected = isText ? body : String(decoding: Base64.encode(body.utf8), as: UTF8.self)
        #expect(event["body"] == .string(expected))
        #expect(event["headers"]?["content-length"] == .string("\(body.utf8.count)"))
    }

    @Test(arguments: [
        [("Content-Type", "application/json"), ("Content-Encoding", "gzip")],
        [("Content-Type", "text/plain")],
    ])
    func `has bytes that are no text as Base64 whatever their type says`(headers: [(String, String)])
        async throws
    {
        let body: [UInt8] = [0x1F, 0x8B, 0xFF, 0x00]
        let event = try await echo(CURLRequest(method: "POST", url: "/", headers: headers, body: body))
        #expect(event["isBase64Encoded"] == true)
        #expect(event["body"] == .string(String(decoding: Base64.encode(body), as: UTF8.self)))
    }

    private func echo(_ request: CURLRequest) async throws -> JSON {
        try await TestCloud.withFront { url, _ in
            var request = request
            request.url = url + request.url
            return try JSON(parsing: try await CURLClient().send(request).body)
        }
    }
}
