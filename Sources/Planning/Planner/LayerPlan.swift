/// What it is worth to have an instance for a layer of demand over the next ticks: a backward dynamic program over off, launching
/// and on.
///
/// A launch is a chain of states: it is billed at once and serves after `launchTicks`, Lambda meanwhile. Without the chain "launch
/// later" would have no delay, and the plan would put a launch off for ever.
package struct LayerPlan: Equatable, Sendable {
    /// Dollars that Lambda would cost on the layer, by tick from the next one on.
    package let lambda: [Double]
    /// Dollars of an instance for a tick.
    package let price: Double
    /// From the launch to the first tick that is served.
    package let launchTicks: Int

    package init(lambda: [Double], price: Double, launchTicks: Int) {
        precondition(!lambda.isEmpty && launchTicks >= 0, "a plan looks at one tick or more")
        (self.lambda, self.price, self.launchTicks) = (lambda, price, launchTicks)
    }

    /// What is saved by an instance that serves after `remaining` more ticks, against having none now.
    ///
    /// Each goes on as is cheapest, which may be to launch one later. 0 ticks: it serves. Negative: it is better not to have it.
    package func advantage(remaining: Int) -> Double {
        precondition((0...launchTicks).contains(remaining), "\(remaining) of \(launchTicks) ticks remain")
        var costs = end
        for tick in stride(from: lambda.count - 1, to: 0, by: -1) { costs = before(costs, tick) }
        let off = lambda[0] + costs.off
        let with = remaining == 0 ? price + costs.chain[0] : price + lambda[0] + costs.chain[remaining - 1]
        return off - with
    }

    private struct Costs {
        /// From here on, without an instance.
        var off: Double
        /// With one that serves after so many ticks; 0 serves.
        var chain: [Double]
    }

    /// Beyond the last tick nothing is known, and nothing counts.
    private var end: Costs { Costs(off: 0, chain: [Double](repeating: 0, count: launchTicks + 1)) }

    /// The costs at the start of a tick from those at its end.
    private func before(_ after: Costs, _ tick: Int) -> Costs {
        let off = lambda[tick] + after.off
        let chain = (0...launchTicks).map { remaining in
            // An instance may be given up at any time, before it serves as well.
            min(
                off,
                remaining == 0 ? price + after.chain[0] : price + lambda[tick] + after.chain[remaining - 1]
            )
        }
        let launch = launchTicks == 0 ? chain[0] : price + lambda[tick] + after.chain[launchTicks - 1]
        return Costs(off: min(off, launch), chain: chain)
    }
}
