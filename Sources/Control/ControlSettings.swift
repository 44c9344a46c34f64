package import AWS
package import Fleet
package import Planning

/// What the controller is told by its function's variables, checked once.
///
/// | Variable | Default | Meaning |
/// |---|---|---|
/// | `MARK_STACK` | required | name of the stack, the value of its instances' tag `mark:stack` |
/// | `MARK_TABLE` | required | the stack's table |
/// | `MARK_FUNCTION` | required | inference function: name or ARN, with the alias it is called by |
/// | `MARK_API` | required | id of the HTTP API whose `$default` route is flipped |
/// | `MARK_SLO_MS` | required | latency objective in milliseconds; nobody else knows what is fast enough |
/// | `MARK_TARGET` | 0.99 | share of the requests within the objective |
/// | `MARK_ROUTER` | none: the route stays | ARN of the router function, as its integration has it |
/// | `MARK_LAUNCH_TEMPLATE` | none: no instances | what instances are launched from, `lt-…` |
/// | `MARK_SUBNETS` | none: no instances | subnets to launch into, with commas |
/// | `MARK_MODEL` | the only one | the model whose profile is planned with |
/// | `MARK_BUDGET` | none | dollars an hour that all instances together may cost |
/// | `MARK_INSTANCES_MAX` | 20 | instances at once |
/// | `MARK_MARKETS` | `spot,on-demand` | how instances may be bought |
/// | `MARK_TYPES` | all with the function's architecture | types that may be launched, with commas |
/// | `MARK_FUNCTION_MEMORY_MB` | 1769 | memory of the inference function |
/// | `MARK_ARCHITECTURE` | `x86_64` | of the zip: `x86_64` or `arm64` |
/// | `MARK_METRIC_DELAY_S` | 60 | how long after its end a minute's count is complete in CloudWatch |
/// | `MARK_LAUNCH_DELAY_S` | 60 | from a launch to the first answer, until the fleet has shown it |
/// | `MARK_DRY_RUN` | `false` | decides and logs, and changes nothing |
package struct ControlSettings: Equatable, Sendable {
    package let stack: String
    package let table: FleetTable
    package let function: Lambda.Function
    package let api: String
    package let router: String?
    package let template: EC2.TemplateVersion?
    package let subnets: [String]
    package let model: String?
    package let slo: Duration
    package let target: Double
    package let budget: DollarsPerHour?
    package let instancesMax: Int
    package let markets: Set<Market>
    package let types: Set<String>?
    package let functionMemoryMB: Int
    package let architecture: InstanceType.Architecture
    package let metricDelay: Duration
    package let launchDelay: Duration
    package internal(set) var isDryRun: Bool

    package static let names = [
        "MARK_STACK", "MARK_TABLE", "MARK_FUNCTION", "MARK_API", "MARK_SLO_MS", "MARK_TARGET", "MARK_ROUTER",
        "MARK_LAUNCH_TEMPLATE", "MARK_SUBNETS", "MARK_MODEL", "MARK_BUDGET", "MARK_INSTANCES_MAX",
        "MARK_MARKETS", "MARK_TYPES", "MARK_FUNCTION_MEMORY_MB", "MARK_ARCHITECTURE", "MARK_METRIC_DELAY_S",
        "MARK_LAUNCH_DELAY_S", "MARK_DRY_RUN",
    ]

    package init(_ variables: [String: String]) throws(InvalidSetting) {
        let reader = SettingsReader(variables)
        stack = try reader.required("MARK_STACK", "the stack, as its instances are tagged")
        table = FleetTable(try reader.required("MARK_TABLE", "the stack's table"))
        function = try reader.function("MARK_FUNCTION", "the function that serves the models")
        api = try reader.required("MARK_API", "the HTTP API in front")
        guard let objective = try reader.number("MARK_SLO_MS", 1...86_400_000) else {
            throw .missing("MARK_SLO_MS", "the latency objective in milliseconds, which has no default")
        }
        slo = .milliseconds(objective)
        target = try reader.number("MARK_TARGET", 0.5...0.99999) ?? 0.99
        router = reader.string("MARK_ROUTER")
        template = reader.string("MARK_LAUNCH_TEMPLATE").map { .init(id: $0, version: "$Latest") }
        subnets = reader.list("MARK_SUBNETS") ?? []
        model = reader.string("MARK_MODEL")
        budget = try reader.number("MARK_BUDGET", 0...1_000_000).map { DollarsPerHour($0) }
        instancesMax = try reader.integer("MARK_INSTANCES_MAX", 0...1000) ?? 20
        markets = try Self.markets(reader)
        types = reader.list("MARK_TYPES").map(Set.init)
        functionMemoryMB = try reader.integer("MARK_FUNCTION_MEMORY_MB", 128...10_240) ?? 1769
        architecture = try reader.choice("MARK_ARCHITECTURE", InstanceType.Architecture.self) ?? .x86
        metricDelay = .seconds(try reader.number("MARK_METRIC_DELAY_S", 0...600) ?? 60)
        launchDelay = .seconds(try reader.number("MARK_LAUNCH_DELAY_S", 0...900) ?? 60)
        isDryRun = try reader.bool("MARK_DRY_RUN") ?? false
    }

    private static func markets(_ reader: SettingsReader) throws(InvalidSetting) -> Set<Market> {
        guard let names = reader.list("MARK_MARKETS") else { return [.spot, .onDemand] }
        var markets: Set<Market> = []
        for name in names { markets.insert(try SettingsReader.choice(name, of: "MARK_MARKETS")) }
        return markets
    }

    /// The same, changing nothing.
    package var dry: ControlSettings {
        var settings = self
        settings.isDryRun = true
        return settings
    }

    /// Whether instances can be launched at all.
    package var hasFleet: Bool { template != nil && !subnets.isEmpty && router != nil }

    /// The function's name without ARN, as CloudWatch's dimension has it.
    var functionName: String { function.name.split(separator: ":").last.map(String.init) ?? function.name }

    static let tag = "mark:stack"
}
