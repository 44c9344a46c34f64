import Batching
package import Planning
package import Serving

/// What a model's `config.json` says of machines, made ready to plan with.
package struct ProfiledModel: Equatable, Sendable {
    package let synthetic: Workload.Synthetic
    /// By type, as measured.
    package let machines: [String: Workload.Machine]

    /// Types without a profile are derived from the first profile with one thread an executor, that of a type of the catalogue if there is
    /// one; a machine that is in no catalogue is taken for as fast as c5.large.
    ///
    /// - Parameter slo: the objective that configurations of executors are chosen for; nil for the greatest throughput.
    package init(
        name: String,
        _ profiles: [String: MachineProfile],
        slo: Duration?,
        _ catalogue: Catalogue
    ) throws(MissingProfile) {
        let profiles = profiles.sorted { $0.key < $1.key }
        var machines: [String: Workload.Machine] = [:]
        for (type, profile) in profiles {
            guard let known = catalogue[type],
                let best = profile.best(
                    within: slo ?? .seconds(3600),
                    coresMax: known.hasAccelerator ? .max : known.vCPUs
                ), let times = try? best.latencyProfile()
            else { continue }
            machines[type] = Workload.Machine(executors: best.executors, profile: times)
        }
        let single = profiles.compactMap { type, profile in
            profile.configurations.first { $0.threads == 1 }.map { (type: type, configuration: $0) }
        }.filter { !(catalogue[$0.type]?.hasAccelerator ?? false) }
        guard
            let base = single.first(where: { catalogue[$0.type] != nil }) ?? single.first,
            let times = try? base.configuration.latencyProfile()
        else { throw MissingProfile(model: name) }
        let speed = catalogue[base.type].map { Workload.coreSpeed($0, catalogue) } ?? 1
        let batch = Workload.batchOfGain
        synthetic = Workload.Synthetic(
            name: name,
            latency: times[1] * speed,
            batchingGain: min(max(1, times.throughput(batch) / times.throughput(1)), Double(batch))
        )
        self.machines = machines
    }
}

/// A model that nobody has measured.
package struct MissingProfile: Error, Equatable, CustomStringConvertible {
    package let model: String
    package var description: String {
        "\(model) has no profile of a CPU with one thread an executor; measure one with `mark profile`"
    }
}
