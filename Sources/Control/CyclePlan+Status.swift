import Fleet
import Forecasting
import LambdaRuntime
import Planning
package import Wire

/// What a cycle saw and decided, for `mark status`, the decision log and CloudWatch.
extension CyclePlan {
    /// What the fleet and Lambda cost an hour at the last known load.
    struct Cost: Equatable, Sendable {
        var instances = 0.0
        var lambda = 0.0
        var router = 0.0
        var provisioned = 0.0
        /// The same load on Lambda alone.
        var lambdaAlone = 0.0
        var total: Double { instances + lambda + router + provisioned }
    }

    /// Requests per second of the last minute that is known.
    var load: Double { (observation.demand.last ?? nil).map { $0 / 60 } ?? 0 }

    func cost(_ cycle: Cycle) -> Cost {
        var cost = Cost()
        var capacity = 0.0
        for instance in observation.instances {
            if case .gone = instance.state { continue }
            let type = cycle.catalogue[instance.type]
            let price = instance.market == .spot ? observation.spotPrices[instance.pool] : nil
            cost.instances += (price ?? type?.price(instance.market))?.amount ?? 0
            guard instance.isServing else { continue }
            let measured = fleet.serving.first { $0.id == instance.id }?.capacity ?? 0
            capacity += measured > 0 ? measured : workload?.capacity(instance.type) ?? 0
        }
        guard let workload else { return cost }
        let prices = cycle.catalogue.lambda(cycle.settings.architecture)
        let request = workload.lambdaCost(prices).amount * 3600
        let served = min(load, capacity)
        cost.lambda = (load - served) * request
        cost.lambdaAlone = load * request
        if route == .router { cost.router = load * workload.routingCost(prices).amount * 3600 }
        cost.provisioned =
            Double(observation.provisionedConcurrency)
            * prices.provisioned(memoryMiB: cycle.settings.functionMemoryMB).amount
        return cost
    }

    package func status(_ cycle: Cycle, _ readings: Readings) -> JSON {
        let cost = cost(cycle)
        return [
            "time": .string(readings.machine.description), "stack": .string(cycle.settings.stack),
            "route": route.map { .string($0.rawValue) } ?? .null,
            "load_rps": .double(rounded(load)),
            "load_age_minutes": .integer(Int64(observation.demandLag + 1)),
            "forecast": .array(
                observation.forecasts.map {
                    [
                        "minutes": .integer(Int64($0.horizon)), "mean_rps": .double(rounded($0.mean / 60)),
                        "q90_rps": .double(rounded($0.maxQ90 / 60)),
                    ]
                }
            ),
            "slo": slo(cycle.settings),
            "fleet": .array(fleet.instances.filter { $0.state.name != "gone" }.map { described($0) }),
            "provisioned_concurrency": .integer(Int64(observation.provisionedConcurrency)),
            "dollars_per_hour": [
                "instances": .double(rounded(cost.instances)), "lambda": .double(rounded(cost.lambda)),
                "router": .double(rounded(cost.router)), "provisioned": .double(rounded(cost.provisioned)),
                "total": .double(rounded(cost.total)), "lambda_alone": .double(rounded(cost.lambdaAlone)),
            ],
            "decisions": .array(decisions.map(\.json)),
            "problems": .array(problems.map { .string($0) }),
        ]
    }

    private func slo(_ settings: ControlSettings) -> JSON {
        let outcomes = observation.outcomes
        return [
            "latency_ms": .double(settings.slo / .milliseconds(1)), "target": .double(settings.target),
            "requests": .integer(Int64(outcomes.total)), "in_time": .integer(Int64(outcomes.good)),
            "late_queued": .integer(Int64(outcomes.queued)),
            "late_cold": .integer(Int64(outcomes.coldStarts)),
            "late_slow": .integer(Int64(outcomes.slowRuns)),
            "failed": .integer(Int64(outcomes.refused)),
            "burn_rate": burnRate.map { .double(rounded($0)) } ?? .null,
        ]
    }

    private func described(_ instance: Instance) -> JSON {
        let backend = fleet.serving.first { $0.id == instance.id }
        return [
            "id": .string(instance.id), "type": .string(instance.type),
            "market": .string(instance.market.rawValue), "zone": .string(instance.zone),
            "state": .string(instance.state.name),
            "age_s": .integer(Int64(((observation.now - instance.launchedAt) / .seconds(1)).rounded())),
            "capacity_rps": backend.map { .double(rounded($0.capacity)) } ?? .null,
            "in_flight": backend.map { .integer(Int64($0.load.inFlight)) } ?? .null,
            "p98_ms": backend.map { .double(rounded($0.load.latencyP98 / .milliseconds(1))) } ?? .null,
            "warning": instance.warning.map { $0 == .rebalance ? "rebalance" : "interruption" } ?? .null,
        ]
    }

    /// For the decision log: what was decided, and of what.
    var decided: JSON {
        [
            "load_rps": .double(rounded(load)), "instances": .integer(Int64(fleet.instances.count)),
            "route": route.map { .string($0.rawValue) } ?? .null,
            "decisions": .array(decisions.map(\.json)), "steps": .array(steps.map { .string($0.words) }),
        ]
    }

    /// Lines of metrics: what is, and, with the time that it is about, what is expected.
    ///
    /// A forecast stands at its own minute, so that a chart lays it over what came. None while nothing happens: each metric has a price by
    /// the hour that it is written.
    package func metrics(_ cycle: Cycle, _ readings: Readings, stack: String) -> [UInt8] {
        let cost = cost(cycle)
        guard load > 0 || !fleet.instances.isEmpty else { return [] }
        var present = EmbeddedMetrics(stack: stack)
        present.add("Load", .countPerSecond, load)
        present.add("CostPerHour", .none, cost.total)
        present.add("CostPerHourOnLambda", .none, cost.lambdaAlone)
        if let burnRate { present.add("BurnRate", .none, burnRate) }
        let states = fleet.instances.map(\.state.name)
        for (name, state) in [
            ("InstancesServing", "serving"), ("InstancesBooting", "booting"),
            ("InstancesDraining", "draining"),
        ] {
            present.add(name, .count, Double(states.count { $0 == state }))
        }
        let minute = Duration.seconds(60 * (observation.demandLag + 1))
        let known = readings.now + (.zero - minute)
        var lines = present.line(at: readings.now)
        for forecast in observation.forecasts.prefix(1) {
            var expected = EmbeddedMetrics(stack: stack)
            expected.add("Forecast", .countPerSecond, forecast.mean / 60)
            expected.add("ForecastQ90", .countPerSecond, forecast.maxQ90 / 60)
            lines += expected.line(at: known + .seconds(60 * (forecast.horizon + 1) / 2))
        }
        return lines
    }

    /// Four digits behind the point.
    private func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}

extension Instance.State {
    /// As in status and metrics.
    var name: String {
        switch self {
        case .requested, .booting: "booting"
        case .serving: "serving"
        case .draining: "draining"
        case .gone: "gone"
        }
    }
}
