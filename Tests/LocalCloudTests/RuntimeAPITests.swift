import LambdaRuntime
import LocalCloud
import Testing
import Wire

@Suite(.timeLimit(.minutes(5)))
struct `the local Runtime API` {
    @Test func `refuses what Lambda refuses, with Lambda's status`() async throws {
        try await TestCloud.withFunction { function, _ in
            let answer = try await function.answer(to: ["do": "rules"])
            #expect(answer == "first")
            // Unknown id twice, unknown mode, init error after init, unknown path, the same event again, then
            // answered thrice.
            let statuses = try await function.answer(to: ["do": "status"])
            #expect(statuses == [400, 400, 400, 403, 404, 200, 202, 403, 403])
        }
    }

    @Test func `takes an answer of just the limit`() async throws {
        try await TestCloud.withFunction { function, _ in
            let result = await function.invoke(["do": "large", "size": 6_291_556])
            guard case .answer(let body, _) = result.outcome else {
                Issue.record("\(result.outcome)")
                return
            }
            #expect(body.count == 6_291_556)
        }
    }

    @Test(arguments: [6_291_557, 20_000_000])
    func `refuses an answer above the limit and serves the next event`(size: Int) async throws {
        try await TestCloud.withFunction { function, _ in
            let result = await function.invoke(["do": "large", "size": .integer(Int64(size))])
            #expect(result.functionError?["errorType"] == "Function.ResponseSizeTooLarge")
            let status = try await function.answer(to: ["do": "status"])
            #expect(status == 413)
            #expect(await function.invoke(["do": "echo"]).environment == 1)
        }
    }

    @Test func `tells the deadline, the function and the trace`() async throws {
        let configuration = TestCloud.configuration { $0.timeout = .seconds(20) }
        try await TestCloud.withFunction(configuration) { function, _ in
            let before = TestCloud.wallClock
            let event: JSON = ["do": "headers"]
            let invocation = Invocation(
                event.encoded(),
                traceID: "Root=1-2-3",
                clientContext: #"{"custom":{}}"#
            )
            guard case .answer(let body, _) = await function.invoke(invocation).outcome else {
                Issue.record("no answer")
                return
            }
            let headers = try JSON(parsing: body)
            #expect(headers["lambda-runtime-trace-id"] == "Root=1-2-3")
            #expect(headers["lambda-runtime-client-context"] == #"{"custom":{}}"#)
            #expect(
                headers["lambda-runtime-invoked-function-arn"]
                    == "arn:aws:lambda:eu-west-1:123456789012:function:mark"
            )
            #expect(headers["lambda-runtime-aws-request-id"]?.stringValue?.utf8.count == 36)
            let deadline = headers["lambda-runtime-deadline-ms"]?.stringValue.flatMap { Int64($0) } ?? 0
            #expect(deadline >= before.milliseconds + 19_000)
            #expect(deadline <= TestCloud.wallClock.milliseconds + 20_001)
        }
    }

    @Test func `leaves out the headers of what there is not`() async throws {
        try await TestCloud.withFunction { function, _ in
            let headers = try await function.answer(to: ["do": "headers"])
            #expect(headers["lambda-runtime-trace-id"] == nil)
            #expect(headers["lambda-runtime-client-context"] == nil)
        }
    }

    @Test func `takes a stream as it takes any answer`() async throws {
        try await TestCloud.withFunction { function, _ in
            let result = await function.invoke(["do": "stream"])
            guard case .answer(let body, isHTTPStream: true) = result.outcome else {
                Issue.record("\(result.outcome)")
                return
            }
            #expect(String(decoding: body, as: UTF8.self).hasSuffix("\0\0\0\0\0\0\0\0one two"))
        }
    }

    @Test func `finds the error in a stream's trailers`() async throws {
        try await TestCloud.withFunction { function, _ in
            let result = await function.invoke(["do": "stream-error"])
            #expect(result.functionError == ["errorType": "Function.Late"])
            #expect(await function.invoke(["do": "echo"]).environment == 1)
        }
    }
}
