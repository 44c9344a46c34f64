import AWS
import CURL
import TestKit
import Testing
import Wire

/// Requests compared whole, signature and all, with what botocore sends for the same parameters.
@Suite struct `requests` {
    /// Sends one call, whatever comes of it.
    typealias Sender = @Sendable (AWSClient) async -> Void

    static func one<Output>(_ call: Call<Output>) -> Sender {
        { client in _ = try? await client.send(call) }
    }

    static let fixtures: [JSON] = {
        let text = (try? Fixtures.text("AWSTests/Fixtures/requests.json")) ?? ""
        return (try? JSON(parsing: Array(text.utf8)))?["requests"]?.arrayValue ?? []
    }()

    @Test func `each fixture has its call`() {
        #expect(Self.fixtures.compactMap { $0["name"]?.stringValue }.sorted() == Self.calls.keys.sorted())
    }

    @Test(arguments: calls.keys.sorted())
    func `are botocore's, byte for byte`(name: String) async throws {
        let fixture = try #require(Self.fixtures.first { $0["name"]?.stringValue == name })
        let page = Self.firstPages[name]
        let world = World { _, number in
            if number == 0, let page { .answer(200, page) } else { .answer(500, "") }
        }
        let region = name == "prices" ? "us-east-1" : "eu-central-1"
        let call = try #require(Self.calls[name])
        await call(try world.client(["AWS_MAX_ATTEMPTS": "1"], region: region))
        let sent = try #require(world.requests.last)
        #expect(world.requests.count == (page == nil ? 1 : 2))
        #expect(sent.method == fixture["method"]?.stringValue)
        #expect(sent.url == fixture["url"]?.stringValue)
        #expect(String(decoding: sent.body, as: UTF8.self) == fixture["body"]?.stringValue)
        let unsigned = ["User-Agent", "amz-sdk-invocation-id", "amz-sdk-request"]
        let headers = sent.headers.filter { !unsigned.contains($0.name) }
            .map { JSON.Member($0.name.lowercased(), .string($0.value)) }
            .sorted { $0.key < $1.key }
        #expect(JSON.object(headers) == fixture["headers"])
        #expect(sent.headers.count == headers.count + unsigned.count)
    }

    /// What comes before the page that a fixture asks for.
    private static let firstPages = [
        "instances by tag, second page":
            "<DescribeInstancesResponse><nextToken>a+b/c==</nextToken></DescribeInstancesResponse>",
        "query, second page": #"{"Items":[],"LastEvaluatedKey":{"pk":{"S":"fleet"},"sk":{"N":"3"}}}"#,
        "routes, second page": #"{"items":[],"nextToken":"a+b/c=="}"#,
    ]

    // MARK: The calls

    private static let token = IdempotencyToken(text: String(repeating: "a", count: 64))
    private static let template = EC2.TemplateVersion(id: "lt-1", version: "7")
    private static let tags = [EC2.Tag("mark:stack", "shop & söhne"), EC2.Tag("empty", "")]
    private static let hour = World.epoch + .seconds(-3600)
    private static let key: DynamoDB.Item = ["pk": .string("lease")]
    private static let function = Lambda.Function("mark", qualifier: "live")
    private static let arn = "arn:aws:lambda:eu-central-1:123456789012:function:mark"

    private static let query = DynamoDB.query(
        "mark",
        where: "pk = \(.string("fleet"))",
        filter: "\(name: "ttl") > \(.integer(5))"
    )

    private static let launchTemplate: EC2.LaunchTemplateData = {
        var data = EC2.LaunchTemplateData(image: "ami-1")
        data.instanceProfile = "mark-backend"
        data.securityGroups = ["sg-1", "sg-2"]
        data.userData = Array("#!/bin/sh\necho +=/\n".utf8)
        data.volumeGiB = 8
        return data
    }()

    private static let calls: [String: Sender] = ec2.merging(others) { $1 }

    private static let ec2: [String: Sender] = [
        "fleet of two markets": one(
            EC2.createFleet(
                template,
                pools: [
                    .init(instanceType: "c7g.large", subnet: "subnet-1"),
                    .init(instanceType: "t4g.medium", zone: "eu-central-1b"),
                ],
                spot: 2,
                onDemand: 1,
                tags: tags,
                token: token
            )
        ),
        "fleet by priority": one(
            EC2.createFleet(
                template,
                pools: [
                    .init(instanceType: "c7g.large", priority: 1),
                    .init(instanceType: "c6g.large", priority: 2.5),
                ],
                spot: 0,
                onDemand: 2,
                tags: [],
                token: token
            )
        ),
        "spot instances": one(
            EC2.runInstances(
                template,
                pool: .init(instanceType: "c7g.large", subnet: "subnet-1"),
                market: .spot,
                count: 1...4,
                tags: tags,
                token: token
            )
        ),
        "on-demand instance": one(
            EC2.runInstances(
                template,
                pool: .init(instanceType: "t4g.medium", zone: "eu-central-1b"),
                market: .onDemand,
                count: 1...1,
                tags: [],
                token: token
            )
        ),
        "instances by tag": one(
            EC2.describeInstances(
                filters: [
                    .tag("mark:stack", "shop & söhne"), .init("instance-state-name", ["pending", "running"]),
                ]
            )
        ),
        "instances by tag, second page": one(EC2.describeInstances(filters: [.tag("a", "b")])),
        "instances by id": one(EC2.describeInstances(ids: ["i-1", "i-2"])),
        "subnets": one(EC2.describeSubnets(["subnet-1", "subnet-2"])),
        "termination": one(EC2.terminateInstances(["i-1", "i-2"])),
        "spot prices": one(
            EC2.describeSpotPriceHistory(types: ["c7g.large", "t4g.medium"], from: hour, to: World.epoch)
        ),
        "instance types by name": one(EC2.describeInstanceTypes(["c7g.large"])),
        "instance types by filter": one(
            EC2.describeInstanceTypes(filters: [.init("processor-info.supported-architecture", ["arm64"])])
        ),
        "tags": one(EC2.createTags(["i-1"], tags)),
        "launch template": one(
            EC2.createLaunchTemplate("mark backend", launchTemplate, tags: tags, token: token)
        ),
        "launch templates": one(EC2.describeLaunchTemplates(named: ["mark backend"])),
    ]

    private static let others: [String: Sender] = [
        "invocation": one(
            Lambda.invoke(function, payload: Array(#"{"warm": {"hold_ms": 50}}"#.utf8), timeout: .seconds(9))
        ),
        "invocation by ARN": one(
            Lambda.invoke(.init(arn + ":live"), payload: Array("{}".utf8), timeout: .seconds(9))
        ),
        "provisioned concurrency": one(Lambda.getProvisionedConcurrency(.init(arn, qualifier: "live"))),
        "provisioning": one(Lambda.putProvisionedConcurrency(function, 5)),
        "no more provisioning": one(Lambda.deleteProvisionedConcurrency(function)),
        "function configuration": one(Lambda.getFunctionConfiguration(function)),
        "reserved concurrency": one(Lambda.getFunctionConcurrency(.init("mark"))),
        "account settings": one(Lambda.getAccountSettings()),
        "metric data": one(
            CloudWatch.getMetricData(
                [
                    .init(
                        "m1",
                        .metric(
                            namespace: "AWS/Lambda",
                            name: "Invocations",
                            dimensions: [.init("FunctionName", "mark")],
                            statistic: "Sum"
                        ),
                        isReturned: false
                    ),
                    .init("e1", .expression("FILL(m1, 0)")),
                ],
                from: hour,
                to: World.epoch
            )
        ),
        "item": one(DynamoDB.getItem("mark", key: key)),
        "put": one(DynamoDB.putItem("mark", key)),
        "conditional put": one(
            DynamoDB.putItem(
                "mark",
                [
                    "pk": .string("fleet#\"i-1\"\n"), "ttl": .timeToLive(World.epoch),
                    "bytes": .bytes([0, 255, UInt8(ascii: "+"), UInt8(ascii: "/")]),
                    "list": .list([.integer(1), .null]), "map": .map(["on": .bool(true)]),
                ],
                condition: "attribute_not_exists(\(name: "pk")) OR \(name: "until_ms") < \(.integer(5))"
            )
        ),
        "update": one(
            DynamoDB.updateItem(
                "mark",
                key: key,
                "SET \(name: "holder") = \(.string("me")), until_ms = \(.integer(7))",
                condition: "\(name: "holder") = \(.string("me")) OR until_ms < \(.integer(5))",
                isRepeatable: true
            )
        ),
        "deletion": one(DynamoDB.deleteItem("mark", key: key, condition: "holder = \(.string("me"))")),
        "query": one(query),
        "query, second page": one(query),
        "scan": one(DynamoDB.scan("mark")),
        "routes": one(APIGateway.getRoutes("abc123")),
        "routes, second page": one(APIGateway.getRoutes("abc123")),
        "integrations": one(APIGateway.getIntegrations("abc123")),
        "route": one(APIGateway.updateRoute("abc123", "r1", integration: "i1")),
        "parameter": one(SSM.getParameter("/aws/service/ami")),
        "prices": one(Pricing.instancePrices(region: "eu-central-1", instanceType: "c7g.large")),
    ]
}
