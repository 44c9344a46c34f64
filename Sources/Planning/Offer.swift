/// One way to serve a model besides Lambda: a type of instance on a market, what it takes and what it costs.
package struct Offer: Equatable, Sendable {
    package let type: InstanceType
    package let market: Market
    /// C: requests per second within the objective.
    package let capacity: Double
    /// What it costs an hour, busy or not.
    package let price: DollarsPerHour

    package init(type: InstanceType, market: Market, capacity: Double, price: DollarsPerHour) {
        (self.type, self.market, self.capacity, self.price) = (type, market, capacity, price)
    }

    package var kind: CapacityKind { type.kind(market) }
    package var pool: String { "\(type.name) \(market.rawValue)" }

    /// Requests per second for which earned credits suffice; all of them for a type without credits.
    package var sustained: Double {
        type.burst.map { min(capacity, capacity * $0.baseline / Capacity.utilisationMax) } ?? capacity
    }

    /// What it costs an hour at a steady rate, with the credits that this takes beyond the earned ones.
    package func price(at rate: Double) -> DollarsPerHour {
        guard let burst = type.burst, capacity > 0 else { return price }
        let busy = Capacity.utilisationMax * min(1, rate / capacity)
        return price + burst.surplus * (max(0, busy - burst.baseline) * Double(type.vCPUs))
    }

    /// At full load.
    package var dollarsPerMillion: Double { price(at: capacity).amount / (capacity * 3600) * 1e6 }

    /// The rate from which on an instance is cheaper than Lambda for the same requests; nil when it never is.
    ///
    /// - Parameter lambda: dollars that a request costs there.
    package func breakEven(lambda: Double) -> Double? {
        let hourly = lambda * 3600
        let rate = price.amount / hourly
        if rate <= sustained { return rate }
        guard let burst = type.burst else { return nil }
        // On surplus credits: price + s * (u * rate / capacity - baseline) = hourly * rate, with s for all vCPUs.
        let surplus = burst.surplus.amount * Double(type.vCPUs)
        let slope = hourly - surplus * Capacity.utilisationMax / capacity
        guard slope > 0 else { return nil }
        let beyond = (price.amount - surplus * burst.baseline) / slope
        return beyond <= capacity ? beyond : nil
    }
}

extension Offer {
    /// All that the catalogue has for a model, the cheapest a request first.
    package static func all(_ workload: Workload, _ catalogue: Catalogue) -> [Offer] {
        catalogue.types.flatMap { type in
            Market.allCases.compactMap { market in
                guard let capacity = workload.capacity(type.name), let price = type.price(market) else {
                    return nil
                }
                return Offer(type: type, market: market, capacity: capacity, price: price)
            }
        }.sorted { ($0.dollarsPerMillion, $0.pool) < ($1.dollarsPerMillion, $1.pool) }
    }
}

extension Workload {
    /// What a request costs on a warm function.
    package func lambdaCost(_ prices: LambdaPrices) -> Dollars {
        prices.cost(of: function.latency, memoryMiB: function.memoryMiB)
    }
}
