/// What a planner may do, and what it assumes before it has measured.
package struct PlannerSettings: Equatable, Sendable {
    /// Instances at once, at most.
    package var instancesMax = 100
    /// What all instances together may cost; nil: no limit.
    package var budget: DollarsPerHour?
    package var markets: Set<Market> = [.spot, .onDemand]
    /// Types that may be launched; nil: all that the workload has a profile for.
    package var types: Set<String>?
    package var zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
    /// From a launch to the first request that is served; learnt from the fleet once instances have come.
    package var launchDelay: Duration = .seconds(60)
    /// Concurrent requests that Lambda serves at most: what is left of the account's limit.
    package var lambdaConcurrencyMax = 1000
    package var functionArchitecture = InstanceType.Architecture.x86
    /// What the router costs a request that an instance serves, in dollars.
    package var routing = 0.0
    /// Whether Lambda environments may be reserved.
    package var usesProvisionedConcurrency = true
    /// Whether environments are kept warm for what is expected to spill.
    package var warmsUp = true
    /// C of a type in requests per second, where it is known better than from the profile.
    package var capacities: [String: Double] = [:]

    package init() {}

    /// - Throws: what is wrong, with the remedy.
    package func check() throws(InvalidPlannerSettings) {
        guard (0...10_000).contains(instancesMax) else { throw .instancesMax(instancesMax) }
        if let budget, budget < .zero { throw .budget(budget) }
        guard !markets.isEmpty else { throw .markets }
        guard !zones.isEmpty else { throw .zones }
        guard launchDelay >= .zero, launchDelay <= .seconds(900) else { throw .launchDelay(launchDelay) }
        guard lambdaConcurrencyMax > 0 else { throw .lambdaConcurrencyMax(lambdaConcurrencyMax) }
    }
}

/// Why a planner cannot work so.
package enum InvalidPlannerSettings: Error, Equatable, CustomStringConvertible {
    case instancesMax(Int)
    case budget(DollarsPerHour)
    case markets
    case zones
    case launchDelay(Duration)
    case lambdaConcurrencyMax(Int)

    package var description: String {
        switch self {
        case .instancesMax(let count): "the most instances are \(count); expected 0 to 10000"
        case .budget(let budget): "the budget is \(budget.amount) dollars an hour; expected 0 or more"
        case .markets: "no market is allowed; name spot, on-demand or both, or set the most instances to 0"
        case .zones: "no zone is named; instances need one or more, as us-east-1a"
        case .launchDelay(let delay): "the launch delay is \(delay); expected 0 to 15 minutes"
        case .lambdaConcurrencyMax(let count):
            "Lambda's concurrency is \(count); expected 1 or more, as every path ends there"
        }
    }
}
