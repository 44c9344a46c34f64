package import Planning

extension Contender {
    /// Ours: the production planner on EC2 and Lambda, as the controller runs it.
    ///
    /// Its platform has the router function, which every request passes while instances serve and which the planner reckons with. Without
    /// a gateway requests come by a function URL, which is free.
    ///
    /// - Parameters:
    ///   - simulation: its workload, catalogue and architecture of functions are the planner's.
    ///   - bootTime: from a launch to the first answer; the planner begins with it and learns from the fleet.
    ///   - settings: what else it may do.
    ///   - gateway: dollars of a request.
    /// - Throws: what is wrong with the settings.
    package static func planner(
        _ simulation: FluidSimulation,
        bootTime: Duration,
        _ settings: PlannerSettings = PlannerSettings(),
        gateway: Double = 0
    ) throws(InvalidPlannerSettings) -> Contender {
        let platform = Platform(launchDelay: bootTime, hasRouter: true, gateway: gateway)
        var settings = settings
        settings.launchDelay = bootTime
        settings.functionArchitecture = simulation.architecture
        settings.capacities.merge(simulation.capacities) { given, _ in given }
        settings.routing = simulation.workload.routingCost(simulation.lambda(on: platform)).amount
        let planner = try Planner(simulation.workload, simulation.catalogue, settings)
        return Contender("MArk for Swift", planner, on: platform)
    }
}

extension Baselines {
    /// Ours as it is deployed, behind an HTTP API of API Gateway: $1.00 a million requests at list prices, whoever serves them.
    package func planner(_ settings: PlannerSettings = PlannerSettings()) throws(InvalidPlannerSettings)
        -> Contender
    {
        let gateway = prices["apigateway", "http-api-first-300M"]?.dollars ?? 0
        return try Contender.planner(simulation, bootTime: bootTime, settings, gateway: gateway / 1e6)
    }
}
