import CURL
import Glibc
import LocalCloud
import Testing
import Wire

@Suite(.timeLimit(.minutes(5)))
struct `Lambda's Invoke call` {
    @Test(arguments: ["mark", "mark:$LATEST", "arn:aws:lambda:eu-west-1:123456789012:function:mark"])
    func `takes any event for the function by name or ARN`(name: String) async throws {
        try await TestCloud.withFront { url, _ in
            let event: JSON = ["Records": [["messageId": "m", "eventSource": "aws:sqs"]]]
            let response = try await Self.invoke(event, of: name, at: url)
            #expect(response.status == 200)
            #expect(response[header: "x-amz-executed-version"] == "$LATEST")
            #expect(response[header: "x-amz-function-error"] == nil)
            #expect(try JSON(parsing: response.body) == event)
        }
    }

    @Test func `marks a function's error and gives it whole`() async throws {
        try await TestCloud.withFront { url, _ in
            let response = try await Self.invoke(["do": "error"], at: url)
            #expect(response.status == 200)
            #expect(response[header: "x-amz-function-error"] == "Unhandled")
            #expect(try JSON(parsing: response.body)["errorType"] == "Function.Broken")
        }
    }

    @Test func `reports a crash and a timeout as Lambda does`() async throws {
        let configuration = TestCloud.configuration { $0.timeout = .seconds(4) }
        try await TestCloud.withFront(configuration) { url, _ in
            for (order, type, text) in [
                ("crash", "Runtime.ExitError", "exit status 3"), ("hang", "Sandbox.Timedout", "4.00 seconds"),
            ] {
                let response = try await Self.invoke(["do": .string(order)], at: url)
                #expect(response.status == 200)
                #expect(response[header: "x-amz-function-error"] == "Unhandled")
                let error = try JSON(parsing: response.body)
                #expect(error["errorType"] == .string(type))
                #expect(error["errorMessage"]?.stringValue?.contains(text) == true)
            }
        }
    }

    @Test func `does not wait for an asynchronous event`() async throws {
        let file = TestCloud.unusedPath()
        defer { unlink(file) }
        try await TestCloud.withFront { url, lines in
            let response = try await Self.invoke(["do": "wait", "for": .string(file)], "Event", at: url)
            #expect(response.status == 202)
            #expect(response.body.isEmpty)
            await lines.wait(for: "waiting")
            TestCloud.create(file)
            await lines.wait(for: "Invoke mark 202 ")
        }
    }

    @Test func `runs nothing when it is dry`() async throws {
        try await TestCloud.withFront { url, lines in
            let status = try await Self.invoke([:], "DryRun", at: url).status
            #expect(status == 204)
            #expect(lines.all.isEmpty)
        }
    }

    @Test(arguments: [
        ("other", "RequestResponse", "{}", 404, "ResourceNotFoundException"),
        ("mark", "RequestResponse", "{", 400, "InvalidRequestContentException"),
        ("mark", "Whatever", "{}", 400, "InvalidParameterValueException"),
    ])
    func `refuses in Lambda's words`(
        name: String,
        type: String,
        body: String,
        status: Int,
        error: String
    ) async throws {
        try await TestCloud.withFront { url, _ in
            let response = try await Self.invoke(Array(body.utf8), of: name, type, at: url)
            #expect(response.status == status)
            #expect(response[header: "x-amzn-errortype"] == error)
        }
    }

    @Test func `throttles in Lambda's words`() async throws {
        let configuration = TestCloud.configuration { $0.queue = 0 }
        try await TestCloud.withFront(configuration) { url, _ in
            let response = try await Self.invoke([:], at: url)
            #expect(response.status == 429)
            #expect(response[header: "x-amzn-errortype"] == "TooManyRequestsException")
        }
    }

    private static func invoke(
        _ event: JSON,
        of name: String = "mark",
        _ type: String = "RequestResponse",
        at url: String
    ) async throws -> CURLResponse {
        try await invoke(event.encoded(), of: name, type, at: url)
    }

    private static func invoke(
        _ body: [UInt8],
        of name: String,
        _ type: String,
        at url: String
    ) async throws -> CURLResponse {
        try await CURLClient().send(
            CURLRequest(
                method: "POST",
                url: url + "/2015-03-31/functions/\(name)/invocations",
                headers: [("X-Amz-Invocation-Type", type)],
                body: body
            )
        )
    }
}
