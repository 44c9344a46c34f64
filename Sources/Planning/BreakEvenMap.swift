/// Where each kind of capacity is the cheapest, over steady rates and a model's latency.
package struct BreakEvenMap: Sendable {
    /// Requests per second.
    package let rates: [Double]
    /// Of one request on one vCPU.
    package let latencies: [Duration]
    /// [latency][rate]: every kind, the cheapest first; nil where not even a function of the largest size keeps the objective.
    package let cells: [[[SteadyCost]?]]
    /// By latency: the rate from which on an offer is cheaper than Lambda, the lowest first.
    package let breakEvens: [[(offer: Offer, rate: Double)]]

    /// - Parameters:
    ///   - model: all but its latency.
    ///   - isOffered: what may be rented.
    package init(
        _ model: Workload.Synthetic,
        slo: Duration,
        target: Double,
        margin: Duration,
        catalogue: Catalogue,
        architecture: InstanceType.Architecture,
        measured: [String: Workload.Machine] = [:],
        isOffered: (Offer) -> Bool = { _ in true },
        rates: [Double],
        latencies: [Duration]
    ) throws(InvalidSynthetic) {
        var cells: [[[SteadyCost]?]] = []
        var breakEvens: [[(offer: Offer, rate: Double)]] = []
        for latency in latencies {
            var model = model
            model.latency = latency
            let workload = try Workload.synthetic(
                model,
                slo: slo,
                target: target,
                margin: margin,
                catalogue: catalogue,
                measured: measured
            )
            let lambda = workload.lambdaCost(catalogue.lambda(architecture)).amount
            let offers = Offer.all(workload, catalogue).filter(isOffered)
            let isServed = workload.function.latency + margin <= slo
            cells.append(
                rates.map { isServed ? SteadyCost.kinds(rate: $0, offers: offers, lambda: lambda) : nil }
            )
            breakEvens.append(
                offers.compactMap { offer in offer.breakEven(lambda: lambda).map { (offer, $0) } }
                    .sorted { ($0.rate, $0.offer.pool) < ($1.rate, $1.offer.pool) }
            )
        }
        (self.rates, self.latencies) = (rates, latencies)
        (self.cells, self.breakEvens) = (cells, breakEvens)
    }
}
