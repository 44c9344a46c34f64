/// The least that a load can cost with one type of instance and Lambda, for one who knows it all beforehand.
///
/// Each layer of demand is a shortest path (Viterbi) through {off, launching for the 1st, …, l-th tick, on}: off costs what Lambda takes
/// for the layer, launching that and the instance, on the instance. Any schedule of instances can be re-cut so that the n-th serves
/// whenever at least n do, without a launch more, and the layers' benefit falls with n: so the sum of the layers' minima is the exact
/// optimum over all schedules, and a lower bound for every policy that serves everything. Begins with no instance, ends when the load
/// does. Time: O(N T l) for N layers and T ticks. Burstable instances count with all their vCPUs, as if credits were free.
package struct ClairvoyantBound: Equatable, Sendable {
    /// In dollars.
    package let cost: Double
    /// By tick: instances that serve, and instances that are launching, in the optimum.
    package let serving: [Int]
    package let launching: [Int]

    package init(_ demand: [Double], _ costs: LayerCosts) {
        var cost = costs.running * demand.reduce(0, +)
        var (serving, launching) = (
            [Int](repeating: 0, count: demand.count), [Int](repeating: 0, count: demand.count)
        )
        let layers = costs.layers(demand.max() ?? 0)
        for layer in 0..<layers {
            var path = LayerPath(costs)
            for count in demand { path.step(costs.share(count, layer: layer + 1)) }
            cost += path.cost
            path.walk { tick, state in
                if state > costs.launchTicks { serving[tick] += 1 } else if state > 0 { launching[tick] += 1 }
            }
        }
        (self.cost, self.serving, self.launching) = (cost, serving, launching)
    }
}

/// The cheapest path of one layer; states: 0 off, 1 to l launching, l + 1 on.
private struct LayerPath {
    private let costs: LayerCosts
    private let on: Int
    /// The cheapest path to each state; before the first tick only off is possible.
    private var best: [Double]
    /// By tick: where the paths to off and to on came from; a launching state has one past only.
    private var came: [Origins] = []

    private struct Origins {
        /// Off was on in the tick before.
        let isReleased: Bool
        /// On was on in the tick before, and not in its launch's last.
        let isHeld: Bool
    }

    init(_ costs: LayerCosts) {
        self.costs = costs
        on = costs.launchTicks + 1
        best = [Double](repeating: .infinity, count: on + 1)
        best[0] = 0
    }

    /// To end in a launch never pays.
    var cost: Double { min(best[0], best[on]) }

    mutating func step(_ demand: Double) {
        let spill = costs.saving * demand
        let (off, held, launched) = (best[0], best[on], best[on - 1])
        came.append(Origins(isReleased: held < off, isHeld: held <= launched))
        best[on] = min(held, launched) + costs.price
        var state = on - 1
        while state >= 1 {
            best[state] = best[state - 1] + costs.price + spill
            state -= 1
        }
        best[0] = min(off, held) + spill
    }

    /// Visits the ticks of the cheapest path, the last first.
    func walk(_ visit: (_ tick: Int, _ state: Int) -> Void) {
        var state = best[on] < best[0] ? on : 0
        for tick in came.indices.reversed() {
            visit(tick, state)
            switch state {
            case on: state = came[tick].isHeld ? on : on - 1
            case 0: state = came[tick].isReleased ? on : 0
            default: state -= 1
            }
        }
    }
}
