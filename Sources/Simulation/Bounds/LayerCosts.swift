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
    /// l: ticks that an instance is billed for before it serves.
    package let launchTicks: Int

    /// O: what a launch costs before it serves.
    package var launchCost: Double { price * Double(launchTicks) }
    /// Requests in a tick from which on an instance is cheaper than Lambda; more than its capacity where it never is.
    package var breakEven: Double { price / lambda }

    package init(capacity: Double, price: Double, lambda: Double, launchTicks: Int) {
        precondition(
            capacity > 0 && price > 0 && lambda > 0 && launchTicks >= 0,
            "capacity and prices are positive"
        )
        (self.capacity, self.price, self.lambda) = (capacity, price, lambda)
        self.launchTicks = launchTicks
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
    package func layerCosts(_ type: String, _ market: Market, on platform: Platform) -> LayerCosts? {
        guard let capacity = capacity(type, on: platform), let price = price(type, market, on: platform)
        else {
            return nil
        }
        let function = workload.function
        let prices = lambda(on: platform)
        let seconds = (function.latency / .milliseconds(1)).rounded(.up) / 1000
        return LayerCosts(
            capacity: capacity * 60,
            price: price.amount / 60,
            lambda: seconds * Double(function.memoryMiB) / 1024 * prices.perGBSecond + prices.perRequest,
            launchTicks: Int((platform.launchDelay / .seconds(60)).rounded(.up))
        )
    }
}
