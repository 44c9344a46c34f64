import AWS
import Fleet
package import Planning

/// What a cycle plans for, and within which limits.
extension Cycle {
    /// What is served, from the model's profile, or from what Lambda's own runs have shown.
    package func workload() throws -> Workload {
        var synthetic: Workload.Synthetic
        if let model {
            synthetic = model.synthetic
        } else if let latency = document.latency {
            // Lambda has a vCPU with each 1,769 MB.
            let share = min(1, Double(settings.functionMemoryMB) / Workload.memoryOfVCPU)
            synthetic = Workload.Synthetic(name: settings.model ?? "the model", latency: latency * share)
        } else {
            throw MissingProfile(model: settings.model ?? "the model")
        }
        synthetic.memoryMiB = settings.functionMemoryMB
        let workload = try Workload.synthetic(
            synthetic,
            slo: settings.slo,
            target: settings.target,
            margin: settings.slo * 0.05,
            catalogue: catalogue,
            measured: model?.machines ?? [:]
        )
        guard let latency = document.latency else { return workload }
        return Workload(
            name: workload.name,
            slo: workload.slo,
            target: workload.target,
            margin: workload.margin,
            function: Workload.Function(
                memoryMiB: workload.function.memoryMiB,
                latency: latency,
                initTime: workload.function.initTime
            ),
            machines: workload.machines
        )
    }

    func plannerSettings(_ workload: Workload, _ readings: Readings) -> PlannerSettings {
        var planning = PlannerSettings()
        let zones = readings.subnets.keys.sorted()
        planning.instancesMax = settings.hasFleet ? settings.instancesMax : 0
        planning.budget = settings.budget
        planning.markets = settings.markets
        // The zip is built for one kind of processor.
        let fitting = catalogue.types.filter { $0.architecture == settings.architecture }.map(\.name)
        planning.types = Set(fitting).filter { settings.types?.contains($0) ?? true }
        // Without a known subnet nothing can be launched, and what runs stays.
        if zones.isEmpty { planning.types = [] } else { planning.zones = zones }
        planning.launchDelay = settings.launchDelay
        planning.lambdaConcurrencyMax = max(1, readings.concurrencyMax ?? planning.lambdaConcurrencyMax)
        planning.functionArchitecture = settings.architecture
        planning.routing = workload.routingCost(catalogue.lambda(settings.architecture)).amount
        planning.usesProvisionedConcurrency = settings.function.qualifier != nil
        planning.capacities = document.capacities.mapValues(\.rate)
        return planning
    }
}
