package import Planning

extension Contender {
    /// Ours: the production planner on EC2 and Lambda, as the controller runs it.
    ///
    /// - Parameters:
    ///   - simulation: its workload, catalogue and architecture of functions are the planner's.
    ///   - bootTime: from a launch to the first answer; the planner begins with it and learns from the fleet.
    ///   - settings: what else it may do.
    /// - Throws: what is wrong with the settings.
    package static func planner(
        _ simulation: FluidSimulation,
        bootTime: Duration,
        _ settings: PlannerSettings = PlannerSettings()
    ) throws(InvalidPlannerSettings) -> Contender {
        var settings = settings
        settings.launchDelay = bootTime
        settings.functionArchitecture = simulation.architecture
        settings.capacities.merge(simulation.capacities) { given, _ in given }
        let planner = try Planner(simulation.workload, simulation.catalogue, settings)
        return Contender("MArk for Swift", planner, on: Platform(launchDelay: bootTime))
    }
}
