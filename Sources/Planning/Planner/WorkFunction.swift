/// What the past says of a layer: how much of a launch's cost Lambda has cost more than an instance, lately.
///
/// The work function algorithm on two states (Borodin, Linial, Saks 1992): `off <- min(off + z, on + P)`,
/// `on <- min(on + P, off + z + O)`, with z Lambda's dollars on the layer, P an instance's for a tick and O those of a launch. Only the
/// difference on - off matters, and it is a counter between two walls. As it forgets all once it has met a wall, it can be made
/// from two hours of demand at any tick: a planner that lost its memory decides the same.
package struct WorkFunction: Equatable, Sendable {
    /// on - off, from 0 to O.
    private var difference: Double
    private let price: Double
    private let launch: Double

    package init(price: Double, launchTicks: Int) {
        self.price = price
        // Without a delay a launch costs a tick still: an instance is billed for a minute at least.
        launch = price * Double(max(1, launchTicks))
        difference = launch
    }

    /// - Parameter lambda: what Lambda cost on the layer in a tick, or would have.
    package mutating func observe(lambda: Double) {
        difference = min(max(difference + price - lambda, 0), launch)
    }

    /// 1: the layer's instance has paid for itself; 0: it has not been worth its launch.
    package var evidence: Double { launch > 0 ? 1 - difference / launch : 1 }
}
