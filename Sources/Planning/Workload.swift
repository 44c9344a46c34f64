package import Batching

/// A model with its objective, and how long it takes on what it can run on.
package struct Workload: Equatable, Sendable {
    /// How a type of machine runs the model.
    package struct Machine: Equatable, Sendable {
        package let executors: Int
        /// t(b) of one executor.
        package let profile: LatencyProfile

        package init(executors: Int, profile: LatencyProfile) {
            (self.executors, self.profile) = (executors, profile)
        }
    }

    package struct Function: Equatable, Sendable {
        package let memoryMiB: Int
        /// Of one request in a warm environment.
        package let latency: Duration
        /// From the start of a cold environment to the first request's run.
        package let initTime: Duration

        package init(memoryMiB: Int, latency: Duration, initTime: Duration) {
            (self.memoryMiB, self.latency, self.initTime) = (memoryMiB, latency, initTime)
        }
    }

    package let name: String
    /// The latency objective S.
    package let slo: Duration
    /// The share of requests that is to be within it: SL_min.
    package let target: Double
    /// d: what of the objective is kept for the network and jitter.
    package let margin: Duration
    package let function: Function
    /// By `InstanceType.name`; a type that is not here cannot run the model.
    package let machines: [String: Machine]

    package init(
        name: String,
        slo: Duration,
        target: Double,
        margin: Duration,
        function: Function,
        machines: [String: Machine]
    ) {
        (self.name, self.slo, self.target, self.margin) = (name, slo, target, margin)
        (self.function, self.machines) = (function, machines)
    }

    /// How a machine of this type batches and admits; nil when it cannot run the model or not within the objective.
    package func policy(_ type: String) -> BatchingPolicy? {
        machines[type].flatMap { machine in
            try? BatchingPolicy(
                profile: machine.profile,
                slo: slo,
                margin: margin,
                executors: machine.executors,
                target: target
            )
        }
    }
}
