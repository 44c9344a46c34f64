extension PlanDraft {
    /// Savings as a share of the fleet's cost, over disruption as a share of its instances: below it nothing is replaced (Karpenter's gate
    /// for consolidation).
    private static let gate = 0.5
    /// A replacement has to earn its launch within so many minutes.
    private static let paybackMax = 60.0

    /// Replaces instances by one that does the same for less, if nothing else happens: it is launched, and once it serves those above it
    /// are idle and go.
    mutating func consolidate() {
        guard decisions.isEmpty, stack.layers.allSatisfy({ $0.instance.isServing }) else { return }
        let fleetPrice = stack.layers.reduce(0) { $0 + $1.price }
        var best: (offer: Offer, saves: Double)?
        for offer in Self.efficient(view.launchable, view) {
            let replaced = replaceable(by: PlannerView.capacity(offer))
            let price = view.price(offer)
            let saves = replaced.reduce(0) { $0 + $1.price } - price
            guard saves > best?.saves ?? 0, !replaced.isEmpty,
                saves * Self.paybackMax > price * Double(view.launchTicks)
            else { continue }
            let disruption = Double(replaced.count) / Double(stack.layers.count)
            let base = replaced.map(\.base).min() ?? 0
            guard saves / fleetPrice / disruption >= Self.gate,
                view.appraiseLaunch(offer, base: base).worth >= 0
            else { continue }
            best = (offer, saves)
        }
        guard let best else { return }
        replace(with: best.offer, saves: DollarsPerHour(best.saves * 60))
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
