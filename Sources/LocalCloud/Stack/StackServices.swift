import Planning
import Wire

/// Makes the services of a stack, and what the template deploys into them.
enum StackServices {
    static func make(
        _ configuration: StackConfiguration,
        _ clock: CloudClock
    ) throws(InvalidPriceList) -> (configuration: StackConfiguration, services: CloudServices) {
        let prices = try PriceList.usEast1()
        let catalogue = try Catalogue(prices)
        var ec2 = EC2Service(configuration.ec2, catalogue: catalogue, seed: configuration.seed)
        let template = ec2.addLaunchTemplate(configuration.name, stack: configuration.name, now: clock.start)
        let wired = configuration.wired(template: template, subnets: ec2.subnets, clock)
        let functions = wired.functions.map { function in
            CloudFunction(
                name: function.name,
                memory: function.memory,
                timeout: function.limits.timeout,
                variables: function.variables,
                // What a laptop can bear, told as what the controller asks for.
                reserved: function.limits.environments
            )
        }
        var services = CloudServices(
            principals: wired.principals,
            ec2: ec2,
            functions: FunctionsService(functions, accountConcurrency: wired.accountConcurrency),
            gateway: gateway(wired),
            metrics: MetricStore(delay: wired.metricDelay),
            ledger: try Ledger(prices, catalogue: catalogue, start: clock.start)
        )
        var table = Table(
            name: wired.table,
            created: clock.start,
            partition: .init(name: "pk", type: "S"),
            sort: .init(name: "sk", type: "S")
        )
        table.timeToLive = "ttl"
        services.database.add(table)
        return (wired, services)
    }

    private static func gateway(_ stack: StackConfiguration) -> GatewayService {
        let inference = CloudFunction.arn(stack.inference.name) + ":" + CloudFunction.alias
        return GatewayService([
            .init(id: "inference", uri: inference, description: "the inference function"),
            .init(id: "router", uri: CloudFunction.arn(stack.router.name), description: "the router"),
        ])
    }
}

extension EC2Service {
    /// The launch template of a stack, whose instances bear its tag; returns the id.
    fileprivate mutating func addLaunchTemplate(_ name: String, stack: String, now: WallClock) -> String {
        let tag: JSON = ["Key": "mark:stack", "Value": .string(stack)]
        let data: JSON = [
            "ImageId": "ami-0c0ffee0000000001",
            "TagSpecification": [["ResourceType": "instance", "Tag": [tag]]],
        ]
        let template = LaunchTemplate(
            id: identifier("lt"),
            name: name,
            created: now,
            tags: ["mark:stack": stack],
            versions: [data]
        )
        templates.append(template)
        return template.id
    }
}
