package import Planning

extension Contender {
    /// Ours: the production planner on EC2 and Lambda, as the controller runs it.
    ///
    /// With the router function every request passes it while instances serve, and the planner reckons with what that costs. Without a
    /// gateway requests come by a function URL, which is free.
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
        hasRouter: Bool = true,
        gateway: Double = 0
    ) throws(InvalidPlannerSettings) -> Contender {
        let platform = Platform(launchDelay: bootTime, hasRouter: hasRouter, gateway: gateway)
        var settings = settings
        settings.launchDelay = bootTime
        settings.functionArchitecture = simulation.architecture
        settings.capacities.merge(simulation.capacities) { given, _ in given }
        if hasRouter {
            settings.routing = simulation.workload.routingCost(simulation.lambda(on: platform)).amount
        }
        let planner = try Planner(simulation.workload, simulation.catalogue, settings)
        return Contender("MArk for Swift", planner, on: platform)
    }
}

extension Baselines {
    /// Ours, over all types and markets.
    ///
    /// - Parameter hasRouter: whether the way to the instances is billed. The others come to theirs by what nobody bills here (a load
    ///   balancer, a service's own endpoint), so that without it all are compared by what serves.
    package func planner(hasRouter: Bool) throws(InvalidPlannerSettings) -> Contender {
        try Contender.planner(simulation, bootTime: bootTime, hasRouter: hasRouter)
    }
}
