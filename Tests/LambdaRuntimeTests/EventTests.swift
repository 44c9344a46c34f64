import LambdaRuntime
import TestKit
import Testing
import Wire

@Suite struct `Events` {
    private func http(_ json: JSON) throws -> HTTPEvent {
        guard case .http(let event) = try Event(parsing: json.encoded()) else {
            throw JSONError("no HTTP event", at: 0)
        }
        return event
    }

    private func v2(path: String, stage: JSON = "$default", body: JSON? = nil, isBase64: JSON = false) -> JSON
    {
        let members: [JSON.Member] = [
            .init("version", "2.0"), .init("rawPath", .string(path)), .init("headers", ["a": "b"]),
            .init("requestContext", ["http": ["method": "POST", "path": .string(path)], "stage": stage]),
            .init("isBase64Encoded", isBase64),
        ]
        return .object(members + (body.map { [.init("body", $0)] } ?? []))
    }

    @Test func `of an HTTP API carry method, path, headers and body`() throws {
        let event = try http(v2(path: "/v2/x", body: "{\"k\":\"é\"}"))
        let request = try event.request.get()
        #expect(event.origin == .httpAPI)
        #expect((request.method, request.path, request.headers["A"]) == ("POST", "/v2/x", "b"))
        #expect(Array(request.body) == Array("{\"k\":\"é\"}".utf8))
    }

    @Test func `lose their stage's prefix, and only that`() throws {
        #expect(try http(v2(path: "/prod/v2", stage: "prod")).request.get().path == "/v2")
        #expect(try http(v2(path: "/production/v2", stage: "prod")).request.get().path == "/production/v2")
        #expect(try http(v2(path: "/v2/prod")).request.get().path == "/v2/prod")
    }

    @Test func `carry bodies as Base64`() throws {
        #expect(
            try Array(http(v2(path: "/", body: "AAH/", isBase64: true)).request.get().body) == [0, 1, 255]
        )
        let broken = try http(v2(path: "/", body: "A", isBase64: true))
        #expect(throws: Base64.Malformed.length(1)) { try broken.request.get() }
    }

    @Test func `carry the query as it would stand in a URL`() throws {
        var event = v2(path: "/v2")
        if case .object(let members) = event {
            event = .object(
                members + [
                    .init("rawQueryString", "top=3&a=%20"), .init("queryStringParameters", ["top": "3"]),
                ]
            )
        }
        let request = try http(event).request.get()
        #expect(request.query == "top=3&a=%20")
        #expect(
            (request.parameter("top"), request.parameter("a"), request.parameter("b")) == ("3", "%20", nil)
        )
        let parts: [JSON.Member] = [
            .init("httpMethod", "GET"), .init("path", "/"), .init("queryStringParameters", ["a b": "ü&1"]),
        ]
        let rest = try http(.object(parts + [.init("resource", "/"), .init("requestContext", [:])]))
        #expect(try rest.request.get().query == "a%20b=%C3%BC%261")
        let balancer = try http(
            .object([
                .init("httpMethod", "GET"), .init("path", "/"), .init("requestContext", ["elb": [:]]),
                .init("multiValueQueryStringParameters", ["top": ["1", "2"], "c": ["%20"]]),
            ])
        )
        #expect(try balancer.request.get().query == "top=1&top=2&c=%20")
    }

    @Test func `of a load balancer are answered in the form they came in`() throws {
        let context: JSON = ["elb": ["targetGroupArn": "arn"]]
        let single = try http(
            ["requestContext": context, "httpMethod": "GET", "path": "/", "headers": ["a": "b"], "body": ""])
        let multi = try http(
            [
                "requestContext": context, "httpMethod": "GET", "path": "/",
                "multiValueHeaders": ["a": ["b", "c"]],
            ])
        #expect(try multi.request.get().headers.fields.map(\.value) == ["b", "c"])
        let response = HTTPResponse(
            status: 404,
            headers: HTTPHeaders([.init("x", "y")]),
            body: Array("{}".utf8)
        )
        #expect(
            try JSON(parsing: single.encode(response)) == [
                "statusCode": 404, "statusDescription": "404 Not Found", "headers": ["x": "y"],
                "isBase64Encoded": false, "body": "{}",
            ]
        )
        #expect(try JSON(parsing: multi.encode(response))["multiValueHeaders"] == ["x": ["y"]])
    }

    @Test func `are answered with text as text and everything else as Base64`() throws {
        let event = try http(v2(path: "/"))
        let binary = HTTPResponse(
            status: 200,
            headers: HTTPHeaders([.init("content-type", "application/octet-stream")]),
            body: [0, 255]
        )
        #expect(try JSON(parsing: event.encode(binary))["isBase64Encoded"] == true)
        #expect(try JSON(parsing: event.encode(binary))["body"] == "AP8=")
        let zipped = HTTPResponse(
            status: 200,
            headers: HTTPHeaders([
                .init("content-type", "application/json"), .init("content-encoding", "gzip"),
            ]),
            body: [31, 139]
        )
        #expect(try JSON(parsing: event.encode(zipped))["isBase64Encoded"] == true)
    }

    @Test func `of no known shape are told which are`() {
        let error = #expect(throws: InvalidEvent.self) { try Event(parsing: Array(#"{"a":1,"b":2}"#.utf8)) }
        for shape in InvalidEvent.knownShapes { #expect(error?.description.contains(shape) == true) }
        #expect(error?.description.contains("a, b") == true)
    }

    @Test(arguments: ["", "null", "[]", "{", "{\"a\":}", "\u{FEFF}{}"])
    func `that are no JSON object are refused`(text: String) {
        #expect(throws: InvalidEvent.self) { try Event(parsing: Array(text.utf8)) }
    }

    @Test func `that are cut anywhere are refused and never read past their end`() throws {
        let whole = v2(path: "/v2", body: "AAAA", isBase64: true).encoded()
        for count in 0..<whole.count {
            #expect(throws: InvalidEvent.self) { try Event(parsing: Array(whole.prefix(count))) }
        }
    }
}
