import CURL
import LocalCloud
import Testing
import Wire

@Suite(.timeLimit(.minutes(5)))
struct `the HTTP answer of a function` {
    @Test func `has the status, headers, cookies and body that it says`() async throws {
        let response = try await answer([
            "statusCode": 418, "headers": ["X-Kind": "teapot", "X-Number": 3, "Content-Length": "999"],
            "cookies": ["a=1", "b=2"], "body": "short and stout \u{e9}",
        ])
        #expect(response.status == 418)
        #expect(response[header: "x-kind"] == "teapot")
        #expect(response[header: "x-number"] == "3")
        #expect(response[header: "content-type"] == "application/json")
        #expect(
            response.headers.filter { $0.name.lowercased() == "set-cookie" }.map(\.value) == ["a=1", "b=2"]
        )
        #expect(response.body == Array("short and stout \u{e9}".utf8))
    }

    @Test func `has the bytes that Base64 stands for`() async throws {
        let response = try await answer([
            "statusCode": 200, "headers": ["content-type": "image/png"], "isBase64Encoded": true,
            "body": "iVBORwD/",
        ])
        #expect(response.body == [0x89, 0x50, 0x4E, 0x47, 0x00, 0xFF])
        #expect(response[header: "content-type"] == "image/png")
    }

    @Test(arguments: [["a": 1], "text", [1, 2], nil] as [JSON])
    func `is any JSON without a status`(result: JSON) async throws {
        let response = try await answer(result)
        #expect(response.status == 200)
        #expect(response[header: "content-type"] == "application/json")
        #expect(try JSON(parsing: response.body) == result)
    }

    @Test(
        arguments: [("200", 200), (204, 204), ("x", 502), (5000, 502), (100, 502), (-1, 502), (nil, 502)]
            as [(JSON, Int)]
    )
    func `has a status of HTTP or is a bad gateway's`(code: JSON, status: Int) async throws {
        #expect(try await answer(["statusCode": code]).status == status)
    }

    @Test func `is a bad gateway's when Base64 is none`() async throws {
        let response = try await answer(["statusCode": 200, "isBase64Encoded": true, "body": "!"])
        #expect(response.status == 502)
    }

    @Test func `to HEAD has the length and no body`() async throws {
        try await TestCloud.withFront { url, _ in
            let response = try await CURLClient().send(CURLRequest(method: "HEAD", url: url + "/"))
            #expect(response.status == 200)
            #expect((response[header: "content-length"].flatMap { Int($0) } ?? 0) > 100)
            #expect(response.body.isEmpty)
        }
    }

    @Test func `of a stream comes with its prelude's status`() async throws {
        let response = try await ask(["do": "stream"])
        #expect(response.status == 201)
        #expect(response[header: "x-a"] == "b")
        #expect(response.headers.count { $0.name.lowercased() == "set-cookie" } == 2)
        #expect(response.body == Array("one two".utf8))
    }

    @Test(arguments: ["crash", "error", "stream-error"])
    func `hides what went wrong`(order: String) async throws {
        try await TestCloud.withFront { url, lines in
            let client = try CURLClient()
            let response = try await client.send(TestCloud.order(["do": .string(order)], url))
            #expect(response.status == 502)
            #expect(try JSON(parsing: response.body) == ["message": "Internal Server Error"])
            let next = try await client.send(CURLRequest(url: url + "/next"))
            #expect(next.status == 200)
            #expect(lines.all.contains { $0.hasPrefix("POST /do/it 502 ") && $0.contains("cold [1]") })
        }
    }

    @Test func `is unavailable when no environment is free`() async throws {
        let configuration = TestCloud.configuration { $0.queue = 0 }
        try await TestCloud.withFront(configuration) { url, _ in
            let response = try await CURLClient().send(CURLRequest(url: url))
            #expect(response.status == 503)
        }
    }

    @Test func `is told in one line with its cost`() async throws {
        try await TestCloud.withFront { url, lines in
            let client = try CURLClient()
            _ = try await client.send(CURLRequest(url: url + "/a?b=c"))
            _ = try await client.send(CURLRequest(url: url + "/a?b=c"))
            let line = /GET \/a 200 \d+\.\d ms, billed \d+ ms, (cold|warm) \[1\], \d+ B/
            let told = lines.all.compactMap { $0.wholeMatch(of: line)?.1 }
            #expect(told == ["cold", "warm"])
        }
    }

    private func answer(_ result: JSON) async throws -> CURLResponse {
        try await ask(["do": "answer", "answer": result])
    }

    private func ask(_ order: JSON) async throws -> CURLResponse {
        try await TestCloud.withFront { url, _ in try await CURLClient().send(TestCloud.order(order, url)) }
    }
}

extension TestCloud {
    /// A request that tells the scripted bootstrap what to do.
    static func order(_ order: JSON, _ url: String) -> CURLRequest {
        CURLRequest(
            method: "POST",
            url: url + "/do/it",
            headers: [("Content-Type", "application/json")],
            body: order.encoded()
        )
    }
}
