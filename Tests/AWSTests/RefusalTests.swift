import AWS
import CURL
import Testing
import Wire

@Suite struct `errors` {
    private static let call = EC2.terminateInstances(["i-1"])

    private static func error(
        _ status: Int,
        _ body: String,
        _ headers: [(name: String, value: String)] = []
    ) async throws -> AWSError {
        let client = try World([.answer(status, body, headers)]).client(["AWS_MAX_ATTEMPTS": "1"])
        return try #require(await #expect(throws: AWSError.self) { try await client.send(call) })
    }

    /// The shapes in which services, gateways and stand-ins send errors.
    @Test(
        arguments: [
            (
                "<?xml version=\"1.0\"?><Response><Errors><Error><Code>C</Code><Message>m &amp; n</Message></Error></Errors>"
                    + "<RequestID>r</RequestID></Response>", [], "m & n", "r"
            ),
            (
                "<ErrorResponse xmlns=\"http://x/\"><Errors><Error><Code>C</Code><Message>m</Message></Error></Errors>"
                    + "<RequestId>r</RequestId></ErrorResponse>", [], "m", "r"
            ),
            (
                "<ErrorResponse><Error><Type>Sender</Type><Code>C</Code><Message>m</Message></Error><RequestId>r</RequestId>"
                    + "</ErrorResponse>", [], "m", "r"
            ),
            ("<Error><Code>C</Code><Message>m</Message><RequestId>r</RequestId></Error>", [], "m", "r"),
            (
                #"{"__type":"com.amazonaws.dynamodb.v20120810#C","message":"m"}"#,
                [("x-amzn-RequestId", "r")], "m", "r"
            ),
            (
                #"{"__type":"C:http://internal/","Message":"m"}"#,
                [("x-amz-request-id", "r"), ("x-amz-id-2", "s")], "m", "r s"
            ),
            (
                #"{"Type":"User","message":"m"}"#,
                [("X-Amzn-ErrorType", "C:http://x/"), ("X-AMZN-REQUESTID", "r")], "m", "r"
            ),
            (#"{"code":"C"}"#, [], "", nil),
        ] as [(String, [(String, String)], String, String?)]
    )
    func `are read by their shape`(
        body: String,
        headers: [(String, String)],
        message: String,
        requestID: String?
    ) async throws {
        let refusal = try #require(try await Self.error(400, body, headers).refusal)
        #expect(refusal.code == "C")
        #expect(refusal.message == message)
        #expect(refusal.requestID == requestID)
        #expect(refusal.status == 400)
    }

    @Test(arguments: ["", "<html><body>Bad Gateway</body>", "{", "\u{0}", "<Response>", "[1]", "null"])
    func `without a readable body still have their status`(body: String) async throws {
        let error = try await Self.error(502, body)
        #expect(error.code == "HTTP 502")
        #expect(error.kind == .transient)
    }

    @Test func `say everything that a person needs`() async throws {
        let body =
            "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this operation. "
            + "Encoded authorization failure message: a-Z_9</Message></Error></Errors><RequestID>r-1</RequestID></Response>"
        let error = try await Self.error(403, body)
        #expect(
            error.description
                == "EC2 TerminateInstances: UnauthorizedOperation (HTTP 403): You are not authorized to perform this "
                + "operation., request r-1; allow ec2:TerminateInstances in the caller's policy"
        )
        #expect(error.refusal?.encodedDetails == "a-Z_9")
    }

    @Test(
        arguments: [
            (
                "AccessDeniedException",
                "User: arn is not authorized to perform: iam:PassRole on resource: x", "iam:PassRole"
            ),
            ("AccessDenied", "no", "ec2:TerminateInstances"),
            ("UnauthorizedOperation", "not authorized to perform: nonsense", "ec2:TerminateInstances"),
            ("ValidationException", "not authorized to perform: iam:PassRole", nil),
        ] as [(String, String, String?)]
    )
    func `name the action that a policy lacks`(code: String, message: String, action: String?) async throws {
        let error = try await Self.error(403, #"{"__type":"\#(code)","message":"\#(message)"}"#)
        #expect(error.missingPermission == action)
    }

    @Test func `name the action of calls that are called otherwise`() async throws {
        let denied = #"{"__type":"AccessDeniedException"}"#
        for (call, action) in [(APIGateway.getRoutes("a"), "apigateway:GET")] {
            let error = await #expect(throws: AWSError.self) {
                try await World([.answer(403, denied)]).client().send(call)
            }
            #expect(error?.missingPermission == action)
        }
        let invoke = Lambda.invoke(.init("f"), payload: [], timeout: .seconds(1))
        let error = await #expect(throws: AWSError.self) {
            try await World([.answer(403, denied)]).client().send(invoke)
        }
        #expect(error?.missingPermission == "lambda:InvokeFunction")
    }

    @Test(
        arguments: [
            ("<a/>", "it has no 'instancesSet[0].instanceId'"),
            ("<a", "invalid XML at byte 2"),
        ]
    )
    func `name what a good answer lacks`(body: String, reason: String) async throws {
        let text = body == "<a/>" ? "<a><instancesSet><item><x/></item></instancesSet></a>" : body
        let error = try await Self.error(200, text)
        #expect(error.description.hasPrefix("EC2 TerminateInstances: the answer cannot be read: \(reason)"))
        #expect(error.mayHaveTakenEffect)
    }
}
