/// A lower bound on what a load can cost with several types of instances and Lambda, and how far off it may be.
///
/// Every plan over the types, in any mix, is a plan of the following relaxation that costs no more, so the relaxation's optimum bounds
/// them all. Capacity comes in any fraction, with its type forgotten: idle at p, the least price per capacity of all types, busy at the
/// least price of capacity and requests together, launched in l ticks, the least of all delays, at p l, which is no more than any type's
/// launch costs. A mix's capacity K_t costs at most as much there, and rises by no more than what was launched.
///
/// One kind of capacity that comes in fractions is solved by layers as one type is, infinitely thin. Demand is rounded down to steps of
/// 1/32 of the smallest instance, which lowers the optimum only; then all thin layers of a step see the same, on or off, and a step is one
/// layer: the bound is a `ClairvoyantBound` with the step as its instance. Burstable types are charged a share of their credits' surplus
/// price (see `LayerCosts.charging`); as every share is a bound, the best of five is taken. Where all types launch in the same time and
/// none is burstable, whole instances and the rounding are the whole gap.
package struct MixedBound: Equatable, Sendable {
    /// In dollars; nothing that serves everything costs less.
    package let lower: Double
    /// What the best plan with one type costs: the optimum over all mixes is between both.
    package let upper: Double
    /// The position of that plan's type.
    package let best: Int

    /// By how much of the lower bound the optimum can be above it.
    package var gap: Double { lower > 0 ? upper / lower - 1 : 0 }

    private static let stepsPerInstance = 32.0

    package init(_ demand: [Double], _ types: [LayerCosts]) {
        precondition(!types.isEmpty, "a bound over no types")
        // A burstable instance costs at most as if it had no credits.
        let plans = types.map { ClairvoyantBound(demand, $0.withoutCredits).cost }
        best = plans.indices.min { plans[$0] < plans[$1] } ?? 0
        upper = plans[best]
        let shares = types.contains { $0.credits != nil } ? [0, 0.25, 0.5, 0.75, 1] : [0]
        let bounds = shares.map { share in Self.relaxed(demand, types.map { $0.charging(share) }) }
        lower = bounds.max() ?? 0
    }

    private static func relaxed(_ demand: [Double], _ types: [LayerCosts]) -> Double {
        let step = (types.map(\.capacity).min() ?? 1) / stepsPerInstance
        let idle = types.map { $0.price / $0.capacity }.min() ?? 0
        let busy = types.map { $0.price / $0.capacity + $0.running }.min() ?? 0
        let costs = LayerCosts(
            capacity: step,
            price: step * idle,
            lambda: types.map(\.lambda).min() ?? 0,
            running: busy - idle,
            launchTicks: types.map(\.launchTicks).min() ?? 0
        )
        return ClairvoyantBound(demand.map { ($0 / step).rounded(.down) * step }, costs).cost
    }
}
