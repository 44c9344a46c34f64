package import Wire

/// One second of the show, as its page draws it; counts are of requests that came, not of those that each stands for.
package struct ShowPoint: Equatable, Sendable {
    /// Requests per second by kind of instance.
    package struct Capacity: Equatable, Sendable {
        package var spot = 0.0
        package var burstable = 0.0
        package var onDemand = 0.0

        package init() {}

        package var total: Double { spot + burstable + onDemand }
    }

    /// The cloud's time.
    package var at: WallClock
    package var load = 0.0
    package var forecast: Double?
    package var forecastQ90: Double?
    package var capacity = Capacity()
    /// Of the inference function.
    package var environments = 0
    package var latencyP50: Duration?
    package var latencyP99: Duration?
    package var count = 0
    package var good = 0
    package var failed = 0
    package var spilled = 0
    package var byInstances = 0
    package var byLambda = 0
    package var dollarsPerHour = 0.0
    package var dollars = 0.0
    package var alternatives: Alternatives?

    package init(at: WallClock) { self.at = at }

    /// This point for itself and the one before it: what is counted is added, the rest is the later one's; percentiles are the worse.
    package func merged(with earlier: ShowPoint) -> ShowPoint {
        var merged = self
        merged.load = (load + earlier.load) / 2
        merged.latencyP50 = [latencyP50, earlier.latencyP50].compactMap(\.self).max()
        merged.latencyP99 = [latencyP99, earlier.latencyP99].compactMap(\.self).max()
        merged.count += earlier.count
        merged.good += earlier.good
        merged.failed += earlier.failed
        merged.spilled += earlier.spilled
        merged.byInstances += earlier.byInstances
        merged.byLambda += earlier.byLambda
        return merged
    }

    package var json: JSON {
        [
            "at": .integer(at.milliseconds), "load_rps": .rounded(load),
            "forecast_rps": .rounded(forecast), "forecast_q90_rps": .rounded(forecastQ90),
            "capacity": [
                "spot": .rounded(capacity.spot), "burstable": .rounded(capacity.burstable),
                "on_demand": .rounded(capacity.onDemand),
            ],
            "lambda_environments": .integer(Int64(environments)),
            "p50_ms": .rounded(latencyP50.map { $0 / .milliseconds(1) }),
            "p99_ms": .rounded(latencyP99.map { $0 / .milliseconds(1) }),
            "in_time": count > 0 ? .rounded(Double(good) / Double(count)) : .null,
            "failed": .integer(Int64(failed)), "spilled": .integer(Int64(spilled)),
            "served_by_instances": .integer(Int64(byInstances)),
            "served_by_lambda": .integer(Int64(byLambda)),
            "usd_per_hour": .rounded(dollarsPerHour, digits: 7), "usd_total": .rounded(dollars, digits: 9),
            "alternatives": [
                "lambda_usd": .rounded(alternatives?.lambda, digits: 9),
                "static_ec2_usd": .rounded(alternatives?.staticEC2, digits: 9),
                "sagemaker_usd": .rounded(alternatives?.sageMaker, digits: 9),
            ],
        ]
    }
}

/// What others would have asked for the same requests since the start, in dollars; nil where nobody knows.
package struct Alternatives: Equatable, Sendable {
    package var lambda: Double?
    package var staticEC2: Double?
    package var sageMaker: Double?

    package init(lambda: Double? = nil, staticEC2: Double? = nil, sageMaker: Double? = nil) {
        (self.lambda, self.staticEC2, self.sageMaker) = (lambda, staticEC2, sageMaker)
    }

    package static func + (one: Alternatives, other: Alternatives) -> Alternatives {
        func sum(_ path: KeyPath<Alternatives, Double?>) -> Double? {
            one[keyPath: path].flatMap { one in other[keyPath: path].map { one + $0 } }
        }
        return Alternatives(lambda: sum(\.lambda), staticEC2: sum(\.staticEC2), sageMaker: sum(\.sageMaker))
    }
}

extension JSON {
    /// A number with so many digits behind the point; null for none.
    static func rounded(_ value: Double?, digits: Int = 4) -> JSON {
        guard let value, value.isFinite else { return .null }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        return .double((value * scale).rounded() / scale)
    }
}
