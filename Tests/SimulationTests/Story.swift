import Planning
import Seeded
import Simulation

/// A short load for a slow model, a platform and faults, drawn by a seed.
struct Story {
    static let slowness = 100

    let load: [Double?]
    let platform: Platform
    let faults: Faults
    let policy: Threshold
    let seed: UInt64
    /// What our planner may do.
    let settings: PlannerSettings

    /// - Parameters:
    ///   - minutes: how long the load lasts.
    ///   - until: when faults end; nil: with the load.
    init(seed: UInt64, minutes: Int = 20, faultsEnd until: Duration? = nil) {
        var generator = SeededGenerator(seed: seed)
        self.seed = seed
        let level = [6.0, 60, 300][generator.below(3)]
        load = (0..<minutes).map { _ in
            generator.below(20) == 0 ? nil : (level * (0.5 + generator.unit())).rounded()
        }
        let overflow: Platform.Overflow = generator.below(3) == 0 ? .queue(max: 20) : .lambda
        platform = Platform(
            overflow: overflow,
            launchDelay: .seconds(20 + generator.below(100)),
            isBatching: generator.below(4) > 0,
            credits: generator.below(2) == 0 ? .standard : .unlimited,
            limits: LambdaLimits(concurrencyMax: [5, 50, 1000][generator.below(3)])
        )
        policy = Threshold(market: generator.below(3) == 0 ? .onDemand : .spot)
        faults = Faults(seed: generator.next(), until: until)
        var settings = PlannerSettings()
        settings.instancesMax = 4 + generator.below(20)
        settings.budget = generator.below(2) == 0 ? DollarsPerHour(0.3 + generator.unit()) : nil
        settings.markets = [[.onDemand], [.spot, .onDemand], [.spot, .onDemand]][generator.below(3)]
        settings.launchDelay = platform.launchDelay
        settings.lambdaConcurrencyMax = platform.limits.concurrencyMax
        self.settings = settings
    }

    func play() throws -> SimulationResult {
        try World.play(load, policy, platform: platform, slowness: Self.slowness, seed: seed, faults: faults)
    }
}
