package import Planning

/// What a layer of demand costs a tick: one instance's worth of requests, on the instance or on Lambda.
///
/// The n-th layer of a demand of x requests in a tick is what the n-th instance would take: `min(max(x - C(n - 1), 0), C)`.
package struct LayerCosts: Equatable, Sendable {
    /// C: requests that an instance takes in a tick.
    package let capacity: Double
    /// P: dollars of an instance for a tick.
    package let price: Double
    /// c_L: dollars of a request on Lambda.
    package let lambda: Double
    /// Dollars of a request on an instance, beside the instance.
    package let running: Double
    /// l: ticks that an instance is billed for before it serves.
    package let launchTicks: Int
    /// Nil for instances whose vCPUs are all their own.
    package let credits: Credits?

    /// What CPU credits are worth where they run out.
    package struct Credits: Equatable, Sendable {
        /// Dollars that an instance earns in a tick.
        package let earned: Double
        /// Dollars that a request uses.
        package let used: Double

        package init(earned: Double, used: Double) { (self.earned, self.used) = (earned, used) }
    }

    /// O: what a launch costs before it serves.
    package var launchCost: Double { price * Double(launchTicks) }
    /// What a request saves on an instance that is there.
    package var saving: Double { max(0, lambda - running) }
    /// Requests in a tick from which on an instance is cheaper than Lambda; more than its capacity where it never is.
    package var breakEven: Double { saving > 0 ? price / saving : .infinity }

    package init(
        capacity: Double,
        price: Double,
        lambda: Double,
        running: Double = 0,
        launchTicks: Int,
        credits: Credits? = nil
    ) {
        precondition(capacity > 0 && price >= 0 && lambda > 0, "capacity and Lambda's price are positive")
        precondition(running >= 0 && launchTicks >= 0, "costs and delays are not negative")
        (self.capacity, self.price, self.lambda) = (capacity, price, lambda)
        (self.running, self.launchTicks, self.credits) = (running, launchTicks, credits)
    }

    /// The same with a share of each credit's surplus price charged for its use, and given for its earning.
    ///
    /// Over an instance's life that is no more than it costs, for every share from 0 to 1: it pays for what it uses beyond its earnings,
    /// and nothing for less.
    func charging(_ share: Double) -> LayerCosts {
        guard let credits else { return self }
        let share = min(share, price / max(credits.earned, .leastNormalMagnitude))
        return LayerCosts(
            capacity: capacity,
            price: max(0, price - share * credits.earned),
            lambda: lambda,
            running: running + share * credits.used,
            launchTicks: launchTicks
        )
    }

    /// The same with every request's credits paid for.
    var withoutCredits: LayerCosts {
        LayerCosts(
            capacity: capacity,
            price: price,
            lambda: lambda,
            running: running + (credits?.used ?? 0),
            launchTicks: launchTicks
        )
    }

    /// Layers that a demand fills or begins.
    package func layers(_ demand: Double) -> Int { Int((demand / capacity).rounded(.up)) }

    /// What of a demand falls into a layer; the first is 1.
    package func share(_ demand: Double, layer: Int) -> Double {
        min(max(demand - capacity * Double(layer - 1), 0), capacity)
    }
}

extension FluidSimulation {
    /// The costs of a minute with one type of instance; nil for a type or a market that cannot serve.
    ///
    /// - Parameter isProvisioned: whether a request on Lambda costs what it does at least with provisioned concurrency that is never idle.
    package func layerCosts(
        _ type: String,
        _ market: Market,
        on platform: Platform,
        isProvisioned: Bool = false
    ) -> LayerCosts? {
        guard let capacity = capacity(type, on: platform), let price = price(type, market, on: platform)
        else {
            return nil
        }
        let (function, prices) = (workload.function, lambda(on: platform))
        let provisioned = prices.provisionedPerGBSecond + prices.provisionedRunPerGBSecond
        let perGBSecond = isProvisioned ? min(prices.perGBSecond, provisioned) : prices.perGBSecond
        let seconds = (function.latency / .milliseconds(1)).rounded(.up) / 1000
        return LayerCosts(
            capacity: capacity * 60,
            price: price.amount / 60,
            lambda: seconds * Double(function.memoryMiB) / 1024 * perGBSecond + prices.perRequest,
            running: platform.perRequest,
            launchTicks: Int((platform.launchDelay / .seconds(60)).rounded(.up)),
            credits: platform.isManaged ? nil : credits(catalogue[type], capacity: capacity)
        )
    }

    private func credits(_ type: InstanceType?, capacity: Double) -> LayerCosts.Credits? {
        guard let type, let burst = type.burst else { return nil }
        let vCPUs = Double(type.vCPUs)
        return LayerCosts.Credits(
            earned: burst.surplus.amount / 60 * vCPUs * burst.baseline,
            used: burst.surplus.amount / 3600 * vCPUs * Capacity.utilisationMax / capacity
        )
    }
}
