import AWS
import CURL
import Glibc
import Seeded
import Testing
import Threading
import Wire

/// The same client over real connections, against what `Tests/Clients/test_aws.py` has started.
///
/// That is moto behind a front that checks every signature with botocore, and that may lose, delay or throttle what it is given. Without
/// it these tests are skipped.
@Suite(.enabled(if: Live.endpoint != nil), .timeLimit(.minutes(3)))
struct `live` {
    private let client: AWSClient

    init() throws { client = try Live.client() }

    private func send<Output>(_ call: Call<Output>, within limit: Duration = .seconds(60)) async throws
        -> Output
    {
        try await client.send(call, deadline: MonotonicClock.now() + limit)
    }

    private func template(_ name: String) async throws -> EC2.TemplateVersion {
        let image = try await send(
            SSM.getParameter("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64")
        )
        #expect(image.value.hasPrefix("ami-"))
        var data = EC2.LaunchTemplateData(image: image.value)
        data.userData = Array("#!/bin/sh\n".utf8)
        data.volumeGiB = 8
        let token = IdempotencyToken(stack: name, tick: "1", intent: "template")
        let tags = [EC2.Tag("mark:stack", name)]
        do throws(AWSError) {
            _ = try await client.send(
                EC2.createLaunchTemplate(name, data, tags: tags, token: token),
                deadline: MonotonicClock.now() + .seconds(60)
            )
        } catch {
            // moto forgets tokens: where the first answer was lost, the second attempt meets the first one's template.
            guard error.mayHaveTakenEffect, error.code == "InvalidLaunchTemplateName.AlreadyExistsException"
            else { throw error }
        }
        let found = try await send(EC2.describeLaunchTemplates(named: [name]))
        #expect(found.map(\.name) == [name])
        return .init(id: try #require(found.first).id, version: "$Latest")
    }

    @Test func `instances are launched, found by their tag, tagged and ended`() async throws {
        let name = "live & söhne"
        let tags = [EC2.Tag("mark:stack", name)]
        let template = try await template("live")
        let token = IdempotencyToken(stack: name, tick: "1", intent: "run")
        let run = EC2.runInstances(
            template,
            pool: .init(instanceType: "t4g.medium"),
            market: .spot,
            count: 2...2,
            tags: tags,
            token: token
        )
        let launched = try await send(run)
        #expect(launched.count == 2)
        let mine = [
            EC2.Filter.tag("mark:stack", name), .init("instance-state-name", ["pending", "running"]),
        ]
        let found = try await send(EC2.describeInstances(filters: mine))
        #expect(Set(found.map(\.id)).isSuperset(of: launched.map(\.id)))
        #expect(
            found.allSatisfy {
                $0.market == .spot && $0.instanceType == "t4g.medium" && $0.tag("mark:stack") == name
            }
        )
        try await send(EC2.createTags([launched[0].id], [.init("a", "ü=&")]))
        let tagged = try await send(EC2.describeInstances(ids: [launched[0].id]))
        #expect(tagged.map { $0.tag("a") } == ["ü=&"])
        let ended = try await send(EC2.terminateInstances(found.map(\.id)))
        #expect(Set(ended.map(\.id)) == Set(found.map(\.id)))
        #expect(try await send(EC2.describeInstances(filters: mine)).isEmpty)
    }

    @Test func `a fleet of two markets`() async throws {
        let template = try await template("fleet")
        let fleet = try await send(
            EC2.createFleet(
                template,
                pools: [.init(instanceType: "c7g.large"), .init(instanceType: "c6g.large")],
                spot: 2,
                onDemand: 1,
                tags: [.init("mark:stack", "fleet")],
                token: IdempotencyToken(stack: "fleet", tick: "1", intent: "f")
            )
        )
        #expect(fleet.instances.filter { $0.market == .spot }.flatMap(\.ids).count == 2)
        #expect(fleet.instances.filter { $0.market == .onDemand }.flatMap(\.ids).count == 1)
        #expect(fleet.failures.isEmpty)
    }

    @Test func `an unknown instance is not visible yet`() async throws {
        let error = await #expect(throws: AWSError.self) {
            try await send(EC2.describeInstances(ids: ["i-0123456789abcdef0"]))
        }
        #expect(error?.kind == .notYetVisible)
        #expect(error?.refusal?.requestID?.isEmpty == false)
    }

    @Test func `what is offered`() async throws {
        let types = try await send(EC2.describeInstanceTypes(["t4g.medium", "g5.xlarge"]))
        let burstable = try #require(types.first { $0.name == "t4g.medium" })
        #expect((burstable.virtualCPUs, burstable.memoryMiB, burstable.isBurstable) == (2, 4096, true))
        #expect(burstable.architectures == ["arm64"])
        #expect(types.first { $0.name == "g5.xlarge" }?.gpus == 1)
        let all = try await send(
            EC2.describeInstanceTypes(filters: [.init("processor-info.supported-architecture", ["arm64"])])
        )
        #expect(all.count > 300)
        let now = Live.now().wall
        let prices = try await send(
            EC2.describeSpotPriceHistory(types: ["t4g.medium"], from: now + .seconds(-3600), to: now)
        )
        #expect(prices.allSatisfy { $0.instanceType == "t4g.medium" && $0.dollarsPerHour > 0 })
        #expect(!prices.isEmpty)
    }

    @Test func `items, conditions and pages`() async throws {
        let key: DynamoDB.Item = ["pk": .string("lease \"1\"")]
        try await send(DynamoDB.deleteItem("mark", key: key))
        #expect(try await send(DynamoDB.getItem("mark", key: key)) == nil)
        let taken = try await send(
            DynamoDB.updateItem(
                "mark",
                key: key,
                "SET holder = \(.string("me")), \(name: "until") = \(.integer(10))",
                condition:
                    "attribute_not_exists(holder) OR holder = \(.string("me")) OR \(name: "until") < \(.integer(5))",
                isRepeatable: true
            )
        )
        #expect(taken == key.merging(["holder": .string("me"), "until": .integer(10)]) { $1 })
        let error = await #expect(throws: AWSError.self) {
            try await send(DynamoDB.deleteItem("mark", key: key, condition: "holder = \(.string("other"))"))
        }
        #expect(error?.code == DynamoDB.conditionFailed)
        let document = DynamoDB.Item(
            uniqueKeysWithValues: [
                ("pk", .string("page")), ("blob", .bytes([UInt8](repeating: 7, count: 200_000))),
            ]
        )
        for index in 0..<7 {
            try await send(DynamoDB.putItem("pages", document.merging(["sk": .integer(index)]) { $1 }))
        }
        let query = DynamoDB.query("pages", where: "pk = \(.string("page"))", filter: "sk < \(.integer(6))")
        #expect(try await send(query).map { $0["sk"]?.intValue } == Array(0..<6))
        #expect(try await send(DynamoDB.scan("pages")).count == 7)
    }

    @Test func `a metric that was put is counted`() async throws {
        let now = Live.now().wall
        let queries = [
            CloudWatch.Query(
                "sum",
                .metric(namespace: "live", name: "requests", dimensions: [.init("f", "a")], statistic: "Sum"),
                period: 3600
            )
        ]
        let series = try await send(
            CloudWatch.getMetricData(queries, from: now + .seconds(-7200), to: now + .seconds(7200))
        )
        #expect(series.map(\.id) == ["sum"])
        #expect(series.first?.points.reduce(0) { $0 + $1.value } == 42)
    }

    @Test func `a route is turned to another target`() async throws {
        let api = try #require(Live.variable("MARK_AWS_API"))
        let integrations = try await send(APIGateway.getIntegrations(api))
        let route = try #require(try await send(APIGateway.getRoutes(api)).first { $0.key == "$default" })
        let other = try #require(integrations.first { "integrations/\($0.id)" != route.target })
        let turned = try await send(APIGateway.updateRoute(api, route.id, integration: other.id))
        #expect(turned.target == "integrations/\(other.id)")
        let targets = try await send(APIGateway.getRoutes(api)).map(\.target)
        #expect(targets == ["integrations/\(other.id)"])
    }

    @Test func `hundreds of invocations at once, by name, alias and ARN`() async throws {
        let functions = [
            Lambda.Function("echo"), .init("echo", qualifier: "live"), .init("echo:live"),
            .init("arn:aws:lambda:eu-central-1:123456789012:function:echo:live"),
        ]
        let client = client
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<300 {
                group.addTask {
                    let payload = Array("{\"n\":\(index)}".utf8)
                    let function = functions[index % 4]
                    let isPure = index % 3 > 0
                    let call = Lambda.invoke(
                        function,
                        payload: payload,
                        isPure: isPure,
                        timeout: .seconds(30)
                    )
                    let answer = try await client.send(call, deadline: MonotonicClock.now() + .seconds(60))
                    #expect(answer.functionError == nil)
                    return String(decoding: answer.payload, as: UTF8.self)
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(answers.count == 300)
    }

    @Test func `hundreds of reads at once share the connections there may be`() async throws {
        let client = client
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<300 {
                group.addTask {
                    let call = DynamoDB.getItem("mark", key: ["pk": .string("one of many")])
                    let item = try await client.send(call, deadline: MonotonicClock.now() + .seconds(60))
                    #expect(item == nil)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a call ends with its deadline, and with its task`() async throws {
        let call = Lambda.invoke(.init("hang"), payload: [], timeout: .seconds(30))
        // Learns how the clock is off, if it is.
        _ = try await send(
            Lambda.invoke(.init("echo"), payload: Array("{}".utf8), isPure: true, timeout: .seconds(30))
        )
        let late = await #expect(throws: AWSError.self) { try await send(call, within: .milliseconds(300)) }
        #expect(late?.kind == .timeout)
        #expect(late?.mayHaveTakenEffect == true)
        let client = client
        let cancelled = await withTaskGroup(of: AWSError?.self) { group in
            group.addTask {
                let deadline = MonotonicClock.now() + .seconds(30)
                do throws(AWSError) { _ = try await client.send(call, deadline: deadline) } catch {
                    return error
                }
                return nil
            }
            group.cancelAll()
            return await group.first { _ in true } ?? nil
        }
        #expect(cancelled?.cause == .cancelled)
    }

    @Test func `credentials come from the instance's metadata`() async throws {
        let endpoint = try #require(Live.variable("MARK_AWS_METADATA"))
        let source = CredentialsSource.instance(endpoint: endpoint, timeout: .seconds(5), attemptsMax: 2)
        let credentials = try await CredentialsProvider(source, effects: try Live.effects()).credentials()
        #expect(!credentials.accessKeyID.isEmpty && credentials.sessionToken?.isEmpty == false)
        #expect(credentials.expiration.map { $0 > Live.now().wall } == true)
    }
}

/// With the right secret it works, with another it does not: against the front, and against moto's own check.
@Suite(.enabled(if: Live.endpoint != nil), .timeLimit(.minutes(5)))
struct `a secret` {
    @Test func `that is wrong is refused by every service`() async throws {
        let calls: [@Sendable (AWSClient) async throws -> Void] = [
            { _ = try await $0.send(EC2.describeInstances(filters: []), deadline: Live.soon) },
            {
                _ = try await $0.send(
                    DynamoDB.getItem("mark", key: ["pk": .string("a")]),
                    deadline: Live.soon
                )
            },
            { client in
                let now = Live.now().wall
                let call = CloudWatch.getMetricData(Live.queries, from: now, to: now + .seconds(60))
                _ = try await client.send(call, deadline: Live.soon)
            },
            { _ = try await $0.send(SSM.getParameter("/mark/token"), deadline: Live.soon) },
        ]
        for call in calls {
            try await call(Live.client())
            let error = await #expect(throws: AWSError.self) { try await call(Live.client(secret: "wrong")) }
            #expect(
                ["SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure"].contains(error?.code)
            )
            #expect([401, 403].contains(error?.refusal?.status))
            #expect(error?.attempts == 1)
        }
    }
}

private enum Live {
    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    static let endpoint = variable("MARK_AWS_ENDPOINT")

    static var soon: Duration { MonotonicClock.now() + .seconds(30) }

    static let queries = [
        CloudWatch.Query("a", .metric(namespace: "n", name: "m", dimensions: [], statistic: "Sum"))
    ]

    @Sendable static func now() -> Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let milliseconds = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        return Moment(monotonic: MonotonicClock.now(), wall: WallClock(milliseconds: milliseconds))
    }

    static func effects() throws -> Effects {
        Effects(send: try CURLClient(connectionsMax: 32).transport, now: now, read: { _ in nil })
    }

    static func client(secret: String? = nil) throws -> AWSClient {
        let configuration = try AWSConfiguration(
            environment: [
                "AWS_ENDPOINT_URL": endpoint ?? "", "AWS_REGION": "eu-central-1",
                "AWS_ACCESS_KEY_ID": variable("MARK_AWS_KEY") ?? "", "AWS_MAX_ATTEMPTS": "4",
                "AWS_SECRET_ACCESS_KEY": secret ?? variable("MARK_AWS_SECRET") ?? "",
            ],
            product: "mark/live",
            read: { _ in nil }
        )
        return AWSClient(configuration, effects: try effects())
    }
}
