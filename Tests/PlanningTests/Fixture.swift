import Batching
import Planning

/// A model of 100 ms on a vCPU, and c5.large as it is.
enum Fixture {
    static let catalogue = Result { try Catalogue(PriceList.usEast1()) }

    static func workload(_ types: [String] = ["c5.large"]) throws -> Workload {
        let profile = try LatencyProfile([(1, .milliseconds(100))])
        return Workload(
            name: "model",
            slo: .milliseconds(500),
            target: 0.98,
            margin: .milliseconds(10),
            function: .init(memoryMiB: 1769, latency: .milliseconds(100), initTime: .seconds(1)),
            machines: Dictionary(
                uniqueKeysWithValues: types.map { ($0, .init(executors: 2, profile: profile)) }
            )
        )
    }

    static func offer(_ type: String, _ market: Market) throws -> Offer {
        let type = try requireType(type)
        return Offer(
            type: type,
            market: market,
            capacity: 14,
            price: type.price(market) ?? type.onDemand
        )
    }

    private static func requireType(_ name: String) throws -> InstanceType {
        guard let type = try catalogue.get()[name] else { throw Missing(name: name) }
        return type
    }

    struct Missing: Error { let name: String }

    /// Without Lambda environments to be reserved, on one market.
    static func planner(
        _ market: Market = .spot,
        _ types: [String] = ["c5.large"],
        change: (inout PlannerSettings) -> Void = { _ in }
    ) throws -> Planner {
        var settings = PlannerSettings()
        settings.markets = [market]
        settings.launchDelay = .seconds(120)
        (settings.usesProvisionedConcurrency, settings.warmsUp) = (false, false)
        change(&settings)
        return try Planner(workload(types), catalogue.get(), settings)
    }

    /// A load of so many requests per second for two hours, without a forecast.
    static func observation(_ rate: Double, at minute: Int = 120, _ instances: [Instance] = []) -> Observation
    {
        Observation(
            now: .seconds(60 * minute),
            demand: Array(repeating: rate * 60, count: 120),
            instances: instances
        )
    }

    static func instance(
        _ id: String,
        market: Market = .spot,
        zone: String = "us-east-1a",
        state: Instance.State = .serving(since: .seconds(120)),
        launchedAt: Duration = .zero,
        warning: Instance.Warning? = nil
    ) -> Instance {
        Instance(
            id: id,
            type: "c5.large",
            market: market,
            zone: zone,
            state: state,
            launchedAt: launchedAt,
            warning: warning
        )
    }
}
