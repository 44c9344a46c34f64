package import Planning

/// A system that is compared: its policy, on what it runs, and what it is called.
package struct Contender: Sendable {
    package let name: String
    package let policy: any ScalingPolicy
    package let platform: Platform

    package init(_ name: String, _ policy: any ScalingPolicy, on platform: Platform) {
        (self.name, self.policy, self.platform) = (name, policy, platform)
    }
}

extension FluidSimulation {
    /// Runs a contender over a load.
    package func run(_ contender: Contender, over track: LoadTrack) -> SimulationResult {
        run(contender.policy, over: track, on: contender.platform, name: contender.name)
    }
}
