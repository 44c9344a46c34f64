/// What a steady rate costs on each kind of capacity: the picture behind all decisions, without time.
///
/// Instances of one type take what they can, and Lambda the rest where that is cheaper than one instance more.
package struct SteadyCost: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case lambda = "Lambda alone"
        case burstable, spot
        case onDemand = "on-demand"
        /// A machine with an accelerator, on any market.
        case accelerator = "GPU"

        package init(_ offer: Offer) {
            self =
                offer.type.hasAccelerator
                ? .accelerator
                : offer.kind == .burstable ? .burstable : offer.market == .spot ? .spot : .onDemand
        }
    }

    package let kind: Kind
    /// Nil for Lambda alone.
    package let offer: Offer?
    package let instances: Int
    package let perHour: DollarsPerHour

    /// The cheapest of each kind, the cheapest kind first.
    ///
    /// - Parameters:
    ///   - rate: requests per second.
    ///   - lambda: dollars that a request costs there.
    package static func kinds(rate: Double, offers: [Offer], lambda: Double) -> [SteadyCost] {
        let alone = SteadyCost(
            kind: .lambda,
            offer: nil,
            instances: 0,
            perHour: DollarsPerHour(rate * lambda * 3600)
        )
        var best: [Kind: SteadyCost] = [:]
        for offer in offers {
            let cost = SteadyCost(rate: rate, offer: offer, lambda: lambda)
            if let other = best[cost.kind], other.perHour <= cost.perHour { continue }
            best[cost.kind] = cost
        }
        return ([alone] + Kind.allCases.compactMap { best[$0] }).enumerated()
            .sorted { ($0.element.perHour, $0.offset) < ($1.element.perHour, $1.offset) }.map(\.element)
    }

    private init(kind: Kind, offer: Offer?, instances: Int, perHour: DollarsPerHour) {
        (self.kind, self.offer, self.instances, self.perHour) = (kind, offer, instances, perHour)
    }

    /// With one instance at least.
    private init(rate: Double, offer: Offer, lambda: Double) {
        let full = max(1, Int((rate / offer.capacity).rounded(.down)))
        let counts = [full, full + 1].map { count in
            let served = min(rate, Double(count) * offer.capacity)
            let perHour =
                offer.price(at: served / Double(count)) * Double(count)
                + DollarsPerHour((rate - served) * lambda * 3600)
            return (count: count, perHour: perHour)
        }
        let best = counts[1].perHour < counts[0].perHour ? counts[1] : counts[0]
        self.init(kind: Kind(offer), offer: offer, instances: best.count, perHour: best.perHour)
    }
}
