extension PlanDraft {
    /// Savings as a share of the fleet's cost, over disruption as a share of its instances: below it nothing is replaced (Karpenter's gate
    /// for consolidation).
    private static let gate = 0.5
    /// A replacement has to earn its launch within so many minutes.
    private static let paybackMax = 60.0
    /// How much dearer than the cheapest the pools of a replacement may be.
    private static let priceSpread = 1.02

    /// Replaces instances by one that does the same for less, if nothing else happens: it is launched, and once it serves those above it
    /// are idle and go.
    mutating func consolidate() {
        // What drains shows that the plan before it has just done something.
        let isQuiet = decisions.isEmpty && view.observation.instances.allSatisfy { !$0.isDraining }
        guard isQuiet, stack.layers.allSatisfy({ $0.instance.isServing }) else { return }
        let fleetPrice = stack.layers.reduce(0) { $0 + $1.price }
        var best: Replacement?
        for offer in efficient {
            guard let candidate = replacement(offer, fleetPrice), candidate.saves > best?.saves ?? 0 else {
                continue
            }
            best = candidate
        }
        guard let best else { return }
        replace(with: best.offer, in: best.pools, saves: DollarsPerHour(best.saves * 60))
    }

    private struct Replacement {
        let offer: Offer
        let pools: [Pool]
        /// Dollars a minute.
        let saves: Double
    }

    /// Nil when an instance of the offer is not worth the disruption.
    private func replacement(_ offer: Offer, _ fleetPrice: Double) -> Replacement? {
        // Only pools at about the price that was reckoned with: from a dearer one the instance would itself be replaced next.
        let all = self.pools(offer).map { (pool: $0, price: self.price($0, offer.market)) }
        let least = all.map(\.price).min() ?? .infinity
        let near = all.filter { $0.price <= least * Self.priceSpread }
        guard let dearest = near.map(\.price).max() else { return nil }
        let replaced = replaceable(by: PlannerView.capacity(offer))
        let hazard = max(0, view.price(offer) - offer.price.amount / 60)
        let price = dearest / 60 + hazard
        let saves = replaced.reduce(0) { $0 + $1.price } - price
        guard !replaced.isEmpty, saves * Self.paybackMax > price * Double(view.launchTicks) else {
            return nil
        }
        let disruption = Double(replaced.count) / Double(stack.layers.count)
        let base = replaced.map(\.base).min() ?? 0
        guard saves / fleetPrice / disruption >= Self.gate,
            view.appraiseLaunch(offer, base: base).worth >= 0
        else { return nil }
        return Replacement(offer: offer, pools: near.map(\.pool), saves: saves)
    }

    /// The dearest layers that together take no more than `capacity`.
    private func replaceable(by capacity: Double) -> ArraySlice<FleetStack.Layer> {
        var (count, sum) = (0, 0.0)
        for layer in stack.layers.reversed() {
            sum += layer.capacity
            guard sum <= capacity * 1.0001 else { break }
            count += 1
        }
        return stack.layers.suffix(count)
    }
}
