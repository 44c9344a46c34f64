import AWS
import CURL
import Testing
import Wire

/// Answers in the services' own shapes, cut down to what is read and a little that is not.
@Suite struct `answers` {
    private static func result<Output>(_ call: Call<Output>, _ pages: String...) async throws -> Output {
        try await World(pages.map { .answer(200, $0) }).client().send(call)
    }

    private static let template = EC2.TemplateVersion(id: "lt-1", version: "1")
    private static let token = IdempotencyToken(stack: "s", tick: "1", intent: "i")

    @Test func `a fleet may hold instances and errors`() async throws {
        let call = EC2.createFleet(
            Self.template,
            pools: [],
            spot: 1,
            onDemand: 0,
            tags: [],
            token: Self.token
        )
        let launch = try await Self.result(
            call,
            """
            <CreateFleetResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><fleetId>fleet-1</fleetId>
            <fleetInstanceSet><item><launchTemplateAndOverrides><overrides><instanceType>c7g.large</instanceType>
            <availabilityZone>us-east-1a</availabilityZone></overrides></launchTemplateAndOverrides><lifecycle>spot</lifecycle>
            <instanceIds><item>i-1</item><item>i-2</item></instanceIds><instanceType>c7g.large</instanceType></item></fleetInstanceSet>
            <errorSet><item><launchTemplateAndOverrides><overrides><instanceType>c7i.large</instanceType><subnetId>subnet-2</subnetId>
            </overrides></launchTemplateAndOverrides><lifecycle>spot</lifecycle><errorCode>InsufficientInstanceCapacity</errorCode>
            <errorMessage>none left</errorMessage></item></errorSet></CreateFleetResponse>
            """
        )
        #expect(launch.instances.map(\.ids) == [["i-1", "i-2"]])
        #expect(launch.instances.first?.zone == "us-east-1a")
        #expect(launch.instances.first?.market == .spot)
        #expect(launch.failures.map(\.code) == ["InsufficientInstanceCapacity"])
        #expect(launch.failures.first?.kind == .capacity)
        #expect(launch.failures.first?.subnet == "subnet-2")
    }

    private static func instance(_ id: String, _ state: String, _ more: String = "") -> String {
        "<item><instanceId>\(id)</instanceId><instanceState><code>16</code><name>\(state)</name></instanceState>"
            + "<instanceType>c7g.large</instanceType><launchTime>2026-11-24T03:14:59.000Z</launchTime>\(more)</item>"
    }

    @Test func `instances come from all reservations of all pages`() async throws {
        func page(_ reservations: [[String]], next: String) -> String {
            "<DescribeInstancesResponse><reservationSet>"
                + reservations.map { "<item><instancesSet>\($0.joined())</instancesSet></item>" }.joined()
                + "</reservationSet>\(next)</DescribeInstancesResponse>"
        }
        let details =
            "<placement><availabilityZone>eu-central-1a</availabilityZone></placement><privateIpAddress>10.0.0.1</privateIpAddress>"
            + "<instanceLifecycle>spot</instanceLifecycle><tagSet><item><key>a</key><value>b</value></item></tagSet>"
        let reason = "<stateReason><code>Server.SpotInstanceTermination</code></stateReason>"
        let instances = try await Self.result(
            EC2.describeInstances(filters: []),
            page(
                [
                    [Self.instance("i-1", "running", details), Self.instance("i-2", "pending")],
                    [Self.instance("i-3", "stopped")],
                ],
                next: "<nextToken>t</nextToken>"
            ),
            // An empty page with a token is normal.
            page([], next: "<nextToken>u</nextToken>"),
            page([[Self.instance("i-4", "shutting-down", reason)]], next: "<nextToken/>")
        )
        #expect(instances.map(\.id) == ["i-1", "i-2", "i-3", "i-4"])
        #expect(instances.map(\.state) == [.running, .pending, .stopped, .shuttingDown])
        #expect(instances.map(\.market) == [.spot, .onDemand, .onDemand, .onDemand])
        #expect(instances[0].tag("a") == "b")
        #expect(instances[0].privateAddress == "10.0.0.1")
        #expect(instances[0].zone == "eu-central-1a")
        #expect(instances[0].launched == World.epoch)
        #expect(instances[3].stateReason == "Server.SpotInstanceTermination")
    }

    @Test func `an instance in an unknown state is named`() async throws {
        let body = "<r><instancesSet>\(Self.instance("i-9", "melting"))</instancesSet></r>"
        let call = EC2.runInstances(
            Self.template,
            pool: .init(instanceType: "t"),
            market: .spot,
            count: 1...1,
            tags: [],
            token: Self.token
        )
        let error = await #expect(throws: AWSError.self) { try await Self.result(call, body) }
        #expect(error?.description.contains("the state of i-9 is 'melting'") == true)
    }

    @Test func `pages without end are given up`() async throws {
        let world = World { _, _ in .answer(200, "<a><nextToken>t</nextToken></a>") }
        let error = await #expect(throws: AWSError.self) {
            try await world.client().send(EC2.describeInstances(filters: []))
        }
        #expect(error?.cause == .tooManyPages(200))
        #expect(world.requests.count == 200)
    }

    @Test func `a later page's token replaces the one before`() async throws {
        let world = World([
            .answer(200, #"{"Items":[{"n":{"N":"1"}}],"LastEvaluatedKey":{"pk":{"S":"a"}}}"#),
            .answer(200, #"{"Items":[],"LastEvaluatedKey":{"pk":{"S":"b"}}}"#),
            .answer(200, #"{"Items":[{"n":{"N":"2"}}]}"#),
        ])
        let items = try await world.client().send(DynamoDB.scan("t"))
        #expect(items.map { $0["n"]?.intValue } == [1, 2])
        let keys = try world.requests.map {
            try JSON(parsing: $0.body)["ExclusiveStartKey"]?["pk"]?["S"]?.stringValue
        }
        #expect(keys == [nil, "a", "b"])
    }

    @Test func `what is offered`() async throws {
        let prices = try await Self.result(
            EC2.describeSpotPriceHistory(types: [], from: World.epoch, to: World.epoch),
            """
            <r><spotPriceHistorySet><item><instanceType>c7g.large</instanceType><productDescription>Linux/UNIX</productDescription>
            <spotPrice>0.028400</spotPrice><timestamp>2026-11-24T03:14:59Z</timestamp><availabilityZone>z</availabilityZone></item>
            </spotPriceHistorySet></r>
            """
        )
        let price = try #require(prices.first)
        #expect((price.instanceType, price.zone, price.dollarsPerHour) == ("c7g.large", "z", 0.0284))
        #expect(price.since == World.epoch)
        let types = try await Self.result(
            EC2.describeInstanceTypes(),
            """
            <r><instanceTypeSet><item><instanceType>g5.xlarge</instanceType><supportedUsageClasses><item>on-demand</item><item>spot</item>
            </supportedUsageClasses><processorInfo><supportedArchitectures><item>x86_64</item></supportedArchitectures></processorInfo>
            <vCpuInfo><defaultVCpus>4</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>16384</sizeInMiB></memoryInfo><gpuInfo><gpus><item>
            <count>1</count></item></gpus></gpuInfo><burstablePerformanceSupported>false</burstablePerformanceSupported></item>
            </instanceTypeSet></r>
            """
        )
        let type = try #require(types.first)
        #expect((type.name, type.virtualCPUs, type.memoryMiB, type.gpus) == ("g5.xlarge", 4, 16_384, 1))
        #expect((type.architectures, type.markets) == (["x86_64"], [.onDemand, .spot]))
        #expect(!type.isBurstable)
    }

    @Test func `prices are texts within the text`() async throws {
        let product =
            #"{\"product\":{\"attributes\":{\"instanceType\":\"c7g.large\"}},\"terms\":{\"OnDemand\":{\"a.b\":{\"priceDimensions\":"#
            + #"{\"c\":{\"unit\":\"Hrs\",\"pricePerUnit\":{\"USD\":\"0.0725\"}}}}}}}"#
        let prices = try await Self.result(
            Pricing.instancePrices(region: "r"),
            "{\"PriceList\":[\"\(product)\",\"{}\"],\"NextToken\":\"\"}"
        )
        #expect(prices.map(\.instanceType) == ["c7g.large"])
        #expect(prices.map(\.dollarsPerHour) == [0.0725])
        await #expect(throws: AWSError.self) {
            try await Self.result(Pricing.instancePrices(region: "r"), #"{"PriceList":["{"]}"#)
        }
    }

    @Test func `a metric's series goes on over pages`() async throws {
        let series = try await Self.result(
            CloudWatch.getMetricData([], from: World.epoch, to: World.epoch),
            #"{"MetricDataResults":[{"Id":"a","Timestamps":[1.7954900E9],"Values":[1.5],"StatusCode":"PartialData"}],"NextToken":"n"}"#,
            #"{"MetricDataResults":[{"Id":"b","Timestamps":[],"Values":[]},{"Id":"a","Timestamps":[1795490060],"Values":[2]}]}"#
        )
        #expect(series.map(\.id) == ["a", "b"])
        #expect(series[0].points.map(\.value) == [1.5, 2])
        #expect(series[0].points.map(\.time.seconds) == [1_795_490_000, 1_795_490_060])
        #expect(series.map(\.status) == ["Complete", "Complete"])
        let uneven = #"{"MetricDataResults":[{"Id":"a","Timestamps":[1],"Values":[]}]}"#
        await #expect(throws: AWSError.self) {
            try await Self.result(CloudWatch.getMetricData([], from: World.epoch, to: World.epoch), uneven)
        }
    }

    @Test func `concurrency, provisioned, reserved and left`() async throws {
        let provisioned = try await Self.result(
            Lambda.getProvisionedConcurrency(.init("f", qualifier: "live")),
            #"{"Status":"IN_PROGRESS","RequestedProvisionedConcurrentExecutions":5,"StatusReason":"why"}"#
        )
        #expect(provisioned.requested == 5)
        #expect(provisioned.available == 0)
        #expect(provisioned.status == "IN_PROGRESS")
        #expect(provisioned.reason == "why")
        #expect(try await Self.result(Lambda.getFunctionConcurrency(.init("f")), "{}") == nil)
        let reserved = #"{"ReservedConcurrentExecutions":1}"#
        #expect(try await Self.result(Lambda.getFunctionConcurrency(.init("f")), reserved) == 1)
        let limits = try await Self.result(
            Lambda.getAccountSettings(),
            #"{"AccountLimit":{"ConcurrentExecutions":1000,"UnreservedConcurrentExecutions":990}}"#
        )
        #expect((limits.concurrency, limits.unreservedConcurrency) == (1000, 990))
    }

    @Test func `a function's own failure is an answer`() async throws {
        let answer = Result<CURLResponse, CURLError>.answer(
            200,
            #"{"errorType":"E"}"#,
            [("X-Amz-Function-Error", "Unhandled")]
        )
        let call = Lambda.invoke(.init("f"), payload: [], timeout: .seconds(1))
        let result = try await World([answer]).client().send(call)
        #expect(result.functionError == "Unhandled")
        #expect(result.payload == Array(#"{"errorType":"E"}"#.utf8))
    }

    @Test func `routes, integrations and parameters`() async throws {
        let routes = try await Self.result(
            APIGateway.getRoutes("a"),
            #"{"items":[{"routeId":"r","routeKey":"$default","target":"integrations/i"}]}"#
        )
        #expect(routes.map(\.target) == ["integrations/i"])
        let integrations = try await Self.result(
            APIGateway.getIntegrations("a"),
            #"{"items":[{"integrationId":"i","integrationUri":"arn"}]}"#
        )
        #expect(integrations.map(\.uri) == ["arn"])
        let parameter = try await Self.result(
            SSM.getParameter("n"),
            #"{"Parameter":{"Value":"ami-1","Version":3}}"#
        )
        #expect((parameter.value, parameter.version) == ("ami-1", 3))
    }

    // MARK: Items

    @Test func `items come back as they were written`() async throws {
        let item: DynamoDB.Item = [
            "s": .string("ü\"\n"), "n": .double(-1.5e-7), "i": .integer(UInt64.max), "b": .bool(false),
            "x": .bytes([0, 1, 255]),
            "z": .null, "l": .list([.map([:]), .list([]), .string("")]), "m": .map(["": .integer(1)]),
        ]
        let world = World { request, number in
            guard number > 0 else { return .answer(200, "{}") }
            return .answer(200, #"{"Item":"# + item.text + "}")
        }
        let client = try world.client()
        try await client.send(DynamoDB.putItem("t", item))
        let sent = try JSON(parsing: try #require(world.requests.first).body)["Item"]
        #expect(sent.map { String(decoding: $0.encoded(), as: UTF8.self) } == item.text)
        #expect(try await client.send(DynamoDB.getItem("t", key: ["pk": .null])) == item)
    }

    @Test(arguments: [
        #"{"Item":{"a":{"SS":["b"]}}}"#, #"{"Item":{"a":1}}"#, #"{"Item":{"a":{"B":"!"}}}"#,
        #"{"Item":{"a":{"S":1}}}"#,
    ])
    func `a value of another kind is refused`(body: String) async throws {
        let error = await #expect(throws: AWSError.self) {
            try await Self.result(DynamoDB.getItem("t", key: [:]), body)
        }
        #expect(error?.description.contains("'Item.a") == true)
    }

    @Test func `an item whose time is over is known though it is still there`() {
        let item: DynamoDB.Item = ["ttl": .timeToLive(WallClock(milliseconds: 1_000_001))]
        #expect(item["ttl"] == .number("1001"))
        #expect(!item.isExpired(at: WallClock(milliseconds: 1_000_999)))
        #expect(item.isExpired(at: WallClock(milliseconds: 1_001_000)))
        #expect(!DynamoDB.Item().isExpired(at: World.epoch))
    }

    @Test func `a number that JSON has not traps`() async {
        await #expect(processExitsWith: .failure) { _ = DynamoDB.Value.double(.nan) }
    }

    @Test func `an intent has one token, and no other intent has it`() {
        func token(_ stack: String, _ tick: String, _ intent: String) -> String {
            IdempotencyToken(stack: stack, tick: tick, intent: intent).description
        }
        #expect(token("a", "b", "c") == token("a", "b", "c"))
        #expect(
            Set([token("a", "b", "c"), token("ab", "", "c"), token("a", "bc", ""), token("", "ab", "c")])
                .count == 4
        )
        #expect(token("a", "b", "c").utf8.count == 64)
    }
}

extension DynamoDB.Item {
    /// As DynamoDB writes it, names in order.
    fileprivate var text: String {
        "{" + sorted { $0.key < $1.key }.map { "\"\($0)\":\($1.text)" }.joined(separator: ",") + "}"
    }
}

extension DynamoDB.Value {
    fileprivate var text: String {
        switch self {
        case .string(let text): #"{"S":"# + String(decoding: JSON.string(text).encoded(), as: UTF8.self) + "}"
        case .number(let digits): #"{"N":"\#(digits)"}"#
        case .bool(let value): #"{"BOOL":\#(value)}"#
        case .bytes(let bytes): #"{"B":"\#(String(decoding: Base64.encode(bytes), as: UTF8.self))"}"#
        case .null: #"{"NULL":true}"#
        case .list(let values): #"{"L":["# + values.map(\.text).joined(separator: ",") + "]}"
        case .map(let item): #"{"M":"# + item.text + "}"
        }
    }
}
