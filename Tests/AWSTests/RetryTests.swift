import AWS
import CURL
import Testing
import Wire

@Suite(.timeLimit(.minutes(5)))
struct `retrying` {
    private static let read = DynamoDB.getItem("t", key: ["pk": .string("a")])
    private static let write = DynamoDB.putItem("t", ["pk": .string("a")])
    private static let invoke = Lambda.invoke(.init("f"), payload: [], timeout: .seconds(5))
    private static let empty = Result<CURLResponse, CURLError>.answer(200, "{}")
    private static let timeout = Result<CURLResponse, CURLError>.failure(
        .timeout(url: "u", after: .seconds(1))
    )
    private static let reset = Result<CURLResponse, CURLError>.failure(.failed(url: "u", reason: "reset"))
    private static let refused = Result<CURLResponse, CURLError>.failure(.connectionRefused(url: "u"))
    private static let throttled = Result<CURLResponse, CURLError>.answer(
        400,
        #"{"__type":"ThrottlingException"}"#
    )

    @Test(
        arguments: [
            timeout, reset, refused, throttled, .answer(500), .answer(502), .answer(503), .answer(504),
            .answer(429),
            .answer(400, #"{"__type":"com.amazonaws#ProvisionedThroughputExceededException"}"#),
            .failure(.nameNotResolved(host: "h")),
        ]
    )
    func `what may pass is tried again`(failure: Result<CURLResponse, CURLError>) async throws {
        let world = World([failure, failure, Self.empty])
        #expect(try await world.client().send(Self.read) == nil)
        #expect(world.sleeps == [.milliseconds(500), .seconds(1)])
    }

    @Test(
        arguments: [
            .answer(400, #"{"__type":"ValidationException"}"#), .answer(404), .answer(301), .answer(501),
            .failure(.insecure(url: "u", reason: "r")), .failure(.responseTooLarge(url: "u", limit: 1)),
        ] as [Result<CURLResponse, CURLError>]
    )
    func `what would fail again is not`(failure: Result<CURLResponse, CURLError>) async throws {
        let world = World([failure])
        let error = await #expect(throws: AWSError.self) { try await world.client().send(Self.read) }
        #expect(error?.attempts == 1)
        #expect(error?.mayHaveTakenEffect == false)
    }

    @Test(
        arguments: [
            "InsufficientInstanceCapacity", "UnfulfillableCapacity", "VcpuLimitExceeded",
            "InstanceLimitExceeded",
        ]
    )
    func `an empty pool is left at once, though it says 500`(code: String) async throws {
        let world = World([
            .answer(500, "<Response><Errors><Error><Code>\(code)</Code></Error></Errors></Response>")
        ])
        let call = EC2.terminateInstances(["i-1"])
        let error = await #expect(throws: AWSError.self) { try await world.client().send(call) }
        #expect(error?.kind == (code.contains("Capacity") ? .capacity : .accountLimit))
        #expect(error?.code == code)
    }

    @Test func `three attempts are made, or as many as the environment says`() async throws {
        for (setting, attempts) in [(nil, 3), ("1", 1), ("5", 5)] as [(String?, Int)] {
            let world = World { _, _ in .answer(503) }
            let client = try world.client(setting.map { ["AWS_MAX_ATTEMPTS": $0] } ?? [:])
            let error = await #expect(throws: AWSError.self) { try await client.send(Self.read) }
            #expect(error?.attempts == attempts)
            #expect(world.requests.count == attempts)
        }
    }

    @Test func `waits double up to 20 seconds, times chance`() async throws {
        let world = World { _, _ in .answer(503) }
        world.setRandom(0.25)
        let client = try world.client(["AWS_MAX_ATTEMPTS": "8"])
        await #expect(throws: AWSError.self) { try await client.send(Self.read) }
        #expect(world.sleeps == [0.25, 0.5, 1, 2, 4, 5, 5].map { .seconds($0) })
    }

    @Test func `every attempt is signed anew and keeps its identifier`() async throws {
        let world = World([.answer(503), .answer(503), Self.empty])
        world.setRandom(0.999)
        _ = try await world.client().send(Self.read)
        func values(_ name: String) -> [String?] {
            world.requests.map { request in request.headers.first { $0.name == name }?.value }
        }
        #expect(values("X-Amz-Date") == ["20261124T031459Z", "20261124T031459Z", "20261124T031501Z"])
        #expect(Set(values("Authorization")).count == 2)
        #expect(Set(values("amz-sdk-invocation-id")).count == 1)
        #expect(values("amz-sdk-request") == (1...3).map { "attempt=\($0); max=3" })
    }

    // MARK: Deadline and quota

    @Test func `nothing is sent after the deadline`() async throws {
        let world = World([])
        let error = await #expect(throws: AWSError.self) {
            try await world.client().send(Self.read, deadline: .seconds(100))
        }
        #expect(error?.cause == .deadline)
        #expect(error?.attempts == 0)
    }

    @Test func `no attempt lasts beyond the deadline, and no wait hides the reason`() async throws {
        let world = World([.answer(503, #"{"message":"busy"}"#), .answer(503, #"{"message":"busy"}"#)])
        let error = await #expect(throws: AWSError.self) {
            try await world.client().send(Self.read, deadline: .milliseconds(101_400))
        }
        #expect(world.requests.map(\.timeout) == [.milliseconds(1400), .milliseconds(900)])
        #expect(error?.refusal?.message == "busy")
        #expect(error?.attempts == 2)
    }

    @Test func `a service in trouble is asked ever less`() async throws {
        let world = World { _, _ in .answer(503) }
        let client = try world.client()
        for _ in 0..<60 { await #expect(throws: AWSError.self) { try await client.send(Self.read) } }
        // The quota of 500 pays 100 retries.
        #expect(world.requests.count == 60 + 100)
    }

    @Test func `timeouts cost twice as much, and success pays back`() async throws {
        let answers =
            Array(repeating: Self.timeout, count: 51) + [Self.throttled]
            + Array(repeating: Self.empty, count: 5)
        let world = World(answers + [Self.throttled, Self.empty, Self.throttled, Self.empty])
        let client = try world.client(["AWS_MAX_ATTEMPTS": "100"])
        // 50 retries at 10 each use up the quota of 500.
        let error = await #expect(throws: AWSError.self) { try await client.send(Self.read) }
        #expect(error?.attempts == 51)
        await #expect(throws: AWSError.self) { try await client.send(Self.read) }
        // Five successes at the first try pay one retry, whose success pays the next.
        for _ in 0..<7 { _ = try await client.send(Self.read) }
        #expect(world.requests.count == answers.count + 4)
    }

    // MARK: Effects

    @Test(arguments: [timeout, reset, .answer(500), .answer(503)])
    func `an invocation that may have run is not repeated`(failure: Result<CURLResponse, CURLError>)
        async throws
    {
        let world = World([failure])
        let error = await #expect(throws: AWSError.self) { try await world.client().send(Self.invoke) }
        #expect(error?.mayHaveTakenEffect == true)
        #expect(error?.description.contains("look before you repeat") == true)
    }

    @Test(arguments: [refused, throttled])
    func `an invocation that surely did not run is repeated`(failure: Result<CURLResponse, CURLError>)
        async throws
    {
        let world = World([failure, .answer(200, "1", [("X-Amz-Executed-Version", "7")])])
        let result = try await world.client().send(Self.invoke)
        #expect(result.payload == [UInt8(ascii: "1")])
        #expect(result.version == "7")
        #expect(result.functionError == nil)
    }

    @Test func `what has an effect goes over a connection of its own, on which libcurl repeats nothing`()
        async throws
    {
        let world = World { _, _ in Self.empty }
        let client = try world.client()
        _ = try await client.send(Self.read)
        try await client.send(Self.write)
        _ = try await client.send(Self.invoke)
        _ = try await client.send(Lambda.invoke(.init("f"), payload: [], isPure: true, timeout: .seconds(1)))
        #expect(world.requests.map(\.usesFreshConnection) == [false, true, true, false])
    }

    @Test func `a write that took effect before its answer was lost says so`() async throws {
        let failed = Result<CURLResponse, CURLError>.answer(
            400,
            #"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}"#
        )
        let lost = await #expect(throws: AWSError.self) {
            try await World([.answer(500), failed]).client().send(Self.write)
        }
        #expect(lost?.code == DynamoDB.conditionFailed)
        #expect(lost?.mayHaveTakenEffect == true)
        let certain = await #expect(throws: AWSError.self) {
            try await World([Self.throttled, failed]).client().send(Self.write)
        }
        #expect(certain?.mayHaveTakenEffect == false)
    }

    // MARK: The clock and the keys

    @Test(
        arguments: [
            (3600, "SignatureDoesNotMatch"), (-3600, "RequestExpired"), (300, "InvalidSignatureException"),
            (-241, "AuthFailure"), (600, "RequestTimeTooSkewed"),
        ]
    )
    func `a clock that is off is corrected, for all calls to that host`(offset: Int, code: String)
        async throws
    {
        let theirs = World.epoch + .seconds(offset)
        let world = World { request, _ in
            let date = request.headers.first { $0.name == "X-Amz-Date" }?.value
            guard date == theirs.basic else {
                return .answer(403, #"{"__type":"\#(code)"}"#, [("Date", Self.httpDate(theirs))])
            }
            return Self.empty
        }
        let client = try world.client()
        _ = try await client.send(Self.read)
        #expect(world.requests.count == 2)
        #expect(world.sleeps.isEmpty)
        _ = try await client.send(Self.read)
        #expect(world.requests.count == 3)
    }

    @Test func `a clock that another call has corrected meanwhile is used at once`() throws {
        var memory = ClientMemory()
        let answer = Result<CURLResponse, CURLError>.answer(
            403,
            #"{"__type":"RequestExpired"}"#,
            [("Date", Self.httpDate(World.epoch + .seconds(3600)))]
        )
        let now = Moment(monotonic: .zero, wall: World.epoch)
        let credentials = Credentials(accessKeyID: "a", secretAccessKey: "s")
        // Both are signed before either is answered.
        let configuration = try World([]).client(["AWS_ENDPOINT_URL": "http://h"]).configuration
        let plan = Exchange.Plan(Self.read, configuration, deadline: .seconds(10), invocationID: "i")
        var exchanges = [Exchange(plan), Exchange(plan)]
        for index in exchanges.indices {
            _ = exchanges[index].handle(
                .credentials(.success(credentials)),
                now: now,
                memory: &memory,
                random: 0
            )
        }
        for index in exchanges.indices {
            let action = exchanges[index].handle(.reply(answer), now: now, memory: &memory, random: 0)
            guard case .credentials(refused: nil) = action else {
                Issue.record("\(action) instead of signing again")
                return
            }
        }
        #expect(memory.skews == ["h": .seconds(3600)])
    }

    @Test func `a wrong secret is not mistaken for a wrong clock, and a clock is corrected once`()
        async throws
    {
        let right = World([
            .answer(
                403,
                #"{"__type":"SignatureDoesNotMatch"}"#,
                [("Date", Self.httpDate(World.epoch + .seconds(-200)))]
            )
        ])
        await #expect(throws: AWSError.self) { try await right.client().send(Self.read) }
        let odd = World { _, number in
            let date = World.epoch + .seconds(number % 2 == 0 ? 4000 : -4000)
            return .answer(403, #"{"__type":"SignatureDoesNotMatch"}"#, [("Date", Self.httpDate(date))])
        }
        let error = await #expect(throws: AWSError.self) { try await odd.client().send(Self.read) }
        #expect(error?.attempts == 2)
    }

    private static func httpDate(_ time: WallClock) -> String {
        let text = time.description
        let month = text.dropFirst(5).prefix(2) == "11" ? "Nov" : "Dec"
        return
            "Tue, \(text.dropFirst(8).prefix(2)) \(month) \(text.prefix(4)) \(text.dropFirst(11).prefix(8)) GMT"
    }

    // MARK: Many at once

    @Test(.timeLimit(.minutes(5)))
    func `hundreds of calls share one client`() async throws {
        let world = World { _, number in number % 3 == 0 ? Self.throttled : Self.empty }
        let client = try world.client(["AWS_MAX_ATTEMPTS": "20"])
        let answered = try await withThrowingTaskGroup(of: Void.self, returning: Int.self) { group in
            for _ in 0..<500 { group.addTask { _ = try await client.send(Self.read) } }
            return try await group.reduce(0) { count, _ in count + 1 }
        }
        #expect(answered == 500)
    }

    @Test func `a call that is cancelled while credentials are fetched says so`() async throws {
        let world = World([.failure(.cancelled)])
        var configuration = try world.client().configuration
        configuration.credentials = .container(url: "http://c/", token: nil)
        let client = AWSClient(configuration, effects: world.effects)
        let error = await #expect(throws: AWSError.self) { try await client.send(Self.write) }
        #expect(error?.cause == .cancelled)
        #expect(error?.mayHaveTakenEffect == false)
    }

    @Test(.timeLimit(.minutes(5)))
    func `cancelling ends the wait before a retry`() async throws {
        let world = World { _, _ in .answer(503) }
        let client = try world.client()
        let error = await withTaskGroup(of: AWSError?.self) { group in
            group.addTask {
                withUnsafeCurrentTask { $0?.cancel() }
                do throws(AWSError) { _ = try await client.send(Self.read) } catch { return error }
                return nil
            }
            return await group.first { _ in true } ?? nil
        }
        #expect(error?.cause == .cancelled)
        #expect(world.requests.count == 1)
    }
}
