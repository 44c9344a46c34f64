import Forecasting
import Planning
import Seeded
import Simulation
import TestKit

/// The reference model: 60 s ticks, 100 ms a request, Lambda of 1,769 MB x86, instances of 14 requests/s at $0.085 an hour or $0.034 on the
/// spot market, two ticks to launch.
enum Reference {
    static let lambda = LambdaPrices(
        perGBSecond: 0.0000166667,
        perRequest: 0.2e-6,
        provisionedPerGBSecond: 0.0000041667,
        provisionedRunPerGBSecond: 0.0000097222
    )
    static let type = InstanceType(
        name: "reference",
        vCPUs: 2,
        memoryMiB: 4096,
        onDemand: DollarsPerHour(0.085),
        spot: InstanceType.Spot(price: DollarsPerHour(0.034), interruptionsPerHour: 0.5)
    )
    static let workload = Workload(
        name: "reference",
        slo: .milliseconds(500),
        target: 0.98,
        margin: .milliseconds(20),
        function: Workload.Function(memoryMiB: 1769, latency: .milliseconds(100), initTime: .seconds(1)),
        machines: [:]
    )
    static let simulation = simulation()
    static let platform = Platform(launchDelay: .seconds(120))

    static func simulation(_ types: [InstanceType] = [type], interruptionSeed: UInt64? = nil)
        -> FluidSimulation
    {
        FluidSimulation(
            workload: workload,
            catalogue: Catalogue(types: types, lambdaX86: lambda, lambdaARM64: lambda),
            capacities: Dictionary(uniqueKeysWithValues: types.map { ($0.name, 14) }),
            interruptionSeed: interruptionSeed
        )
    }

    static func costs(_ market: Market, delay: Duration = .seconds(120)) -> LayerCosts {
        LayerCosts(
            capacity: 840,
            price: (market == .spot ? 0.034 : 0.085) / 60,
            lambda: 0.1 * 1769 / 1024 * lambda.perGBSecond + lambda.perRequest,
            launchTicks: Int(delay / .seconds(60))
        )
    }

    static func fleet(_ market: Market = .onDemand) -> ScaledFleet {
        ScaledFleet(type: "reference", market: market)
    }

    /// Requests of each minute of a trace.
    static func trace(_ name: String) throws -> [Double] {
        try Fixtures.text("ForecastingTests/Traces/\(name).csv").split(separator: "\n").dropFirst().compactMap
        {
            $0.split(separator: ",").last.flatMap { Double($0) }
        }
    }

    /// A load that jumps, drifts and is silent, as chance has it.
    static func load(_ count: Int, _ generator: inout SeededGenerator) -> [Double] {
        var level = Double(generator.below(4000))
        return (0..<count).map { _ in
            switch generator.below(20) {
            case 0: level = Double(generator.below(6000))
            case 1: level = 0
            default: level *= 0.9 + 0.2 * generator.unit()
            }
            return level.rounded()
        }
    }
}
