/// A lower bound on what a load can cost with several types of instances and Lambda, and how far off it may be.
///
/// Every plan over the types, in any mix, is a plan of the following relaxation that costs no more, so the relaxation's optimum bounds
/// them all. Capacity comes in any fraction, at p, the least price per capacity of all types; it is launched in l ticks, the least of all
/// delays, at p l, which is no more than any type's own launch costs per capacity; Lambda costs what it costs the cheapest. A mix's total
/// capacity K_t, with its types forgotten, costs at most as much there, as K rises by no more than what was launched.
///
/// One kind of capacity that comes in fractions is solved by layers as one type is, infinitely thin. Demand is rounded down to steps of
/// 1/32 of the smallest instance, which lowers the optimum only; then all thin layers of a step see the same, on or off, and a step is one
/// layer: the bound is a `ClairvoyantBound` with the step as its instance. It neglects what types have in common to lose: whole instances.
/// Where all types launch in the same time, that and the rounding are the whole gap. Burstable types count with all their vCPUs, as if
/// credits were free.
package struct MixedBound: Equatable, Sendable {
    /// In dollars; nothing that serves everything costs less.
    package let lower: Double
    /// What the best plan with one type costs: the optimum over all mixes is between both.
    package let upper: Double
    /// The position of that plan's type.
    package let best: Int

    /// The share of the lower bound that the optimum may be above it: at most its integrality gap.
    package var gap: Double { lower > 0 ? upper / lower - 1 : 0 }

    private static let stepsPerInstance = 32.0

    package init(_ demand: [Double], _ types: [LayerCosts]) {
        precondition(!types.isEmpty, "a bound over no types")
        let plans = types.map { ClairvoyantBound(demand, $0).cost }
        best = plans.indices.min { plans[$0] < plans[$1] } ?? 0
        upper = plans[best]
        let step = (types.map(\.capacity).min() ?? 1) / Self.stepsPerInstance
        let relaxed = LayerCosts(
            capacity: step,
            price: step * (types.map { $0.price / $0.capacity }.min() ?? 0),
            lambda: types.map(\.lambda).min() ?? 0,
            launchTicks: types.map(\.launchTicks).min() ?? 0
        )
        lower = ClairvoyantBound(demand.map { ($0 / step).rounded(.down) * step }, relaxed).cost
    }
}
