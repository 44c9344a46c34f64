package import Planning

/// Days of load in milliseconds: requests flow evenly through each step, and each instance takes what its capacity is.
///
/// A step is a policy's period, at most a minute. What a policy decides at the end of a step holds from the next one on, from what was
/// known then. Instances are billed from their launch and serve once the platform's launch delay is over; those that are released are
/// gone at once, as they have requests of one objective's length at most. What instances cannot take goes to Lambda or waits, as the
/// platform has it. Without chance in arrivals there are no cold starts and no percentiles here: the simulation of requests has those.
package struct FluidSimulation: Equatable, Sendable {
    package let workload: Workload
    package let catalogue: Catalogue
    /// Where functions run.
    package let architecture: InstanceType.Architecture
    /// Requests per second by type, instead of what the workload's profiles say.
    package let capacities: [String: Double]
    /// Spot instances are taken back as often as the Spot Advisor says; nil: never.
    package let interruptionSeed: UInt64?

    /// Seconds of provisioned concurrency: until new environments are ready, and what is billed at least (AWS Lambda pricing).
    static let provisioningDelay = 120.0
    static let provisionedMin = 300.0
    /// Seconds between EC2's notice and the end of a spot instance.
    static let notice = 120.0

    package init(
        workload: Workload,
        catalogue: Catalogue,
        architecture: InstanceType.Architecture = .x86,
        capacities: [String: Double] = [:],
        interruptionSeed: UInt64? = nil
    ) {
        (self.workload, self.catalogue, self.architecture) = (workload, catalogue, architecture)
        (self.capacities, self.interruptionSeed) = (capacities, interruptionSeed)
    }

    /// Requests per second of an instance on a platform; nil when the type cannot serve the model.
    package func capacity(_ type: String, on platform: Platform) -> Double? {
        capacities[type] ?? workload.capacity(type, isBatching: platform.isBatching)
    }

    /// What an instance costs on a platform; nil for a type or a market that there is not.
    package func price(_ type: String, _ market: Market, on platform: Platform) -> DollarsPerHour? {
        platform.prices[type] ?? catalogue[type]?.price(market)
    }

    package func lambda(on platform: Platform) -> LambdaPrices {
        platform.lambda ?? catalogue.lambda(architecture)
    }

    /// Runs a policy over a load, from an empty fleet; its first tick comes before the first minute.
    ///
    /// On a platform without Lambda, what that tick launches serves at once: the service was there before the record begins.
    package func run(
        _ policy: some ScalingPolicy,
        over track: LoadTrack,
        on platform: Platform,
        name: String
    ) -> SimulationResult {
        precondition(policy.period > .zero, "a policy decides every so often, not every \(policy.period)")
        var policy = policy
        var world = FluidWorld(self, platform, name: name)
        let steps = max(1, Int((.seconds(60) / policy.period).rounded(.up)))
        for minute in track.counts.indices {
            world.begin(minute, of: track)
            for _ in 0..<steps {
                if world.isTickDue { world.decide(&policy) }
                world.flow(track.requests(minute) / Double(steps), for: 60 / Double(steps))
            }
            world.end(minute, of: track)
        }
        return world.finish()
    }
}
