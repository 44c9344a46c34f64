import Planning
import Seeded
import Simulation
import TestKit
import Testing

@Suite struct `The clairvoyant bound` {
    /// All schedules of up to `most` instances a type, tick by tick.
    struct BruteForce {
        let demand: [Double]
        let types: [LayerCosts]
        let most: Int

        struct Fleet {
            /// By type: instances by the ticks until they serve; at 0 they do.
            var waits: [[Int]]
        }

        var cost: Double { cheapest(0, Fleet(waits: types.map { _ in [] })) }

        private func cheapest(_ tick: Int, _ fleet: Fleet) -> Double {
            guard tick < demand.count else { return 0 }
            return choices(fleet, type: 0).map { fleet in
                var (price, capacity, next) = (0.0, 0.0, fleet)
                for (type, costs) in types.enumerated() {
                    price += costs.price * Double(fleet.waits[type].count)
                    capacity += costs.capacity * Double(fleet.waits[type].filter { $0 == 0 }.count)
                    next.waits[type] = fleet.waits[type].map { max(0, $0 - 1) }
                }
                let spill = max(0, demand[tick] - capacity) * (types[0].lambda)
                return price + spill + cheapest(tick + 1, next)
            }.min() ?? .infinity
        }

        /// Every number of serving instances given up, and every number launched.
        private func choices(_ fleet: Fleet, type: Int) -> [Fleet] {
            guard type < types.count else { return [fleet] }
            let serving = fleet.waits[type].filter { $0 == 0 }.count
            let launching = fleet.waits[type].filter { $0 > 0 }
            return (0...serving).flatMap { kept in
                (0...max(0, most - kept - launching.count)).flatMap { launched in
                    var fleet = fleet
                    fleet.waits[type] =
                        [Int](repeating: 0, count: kept) + launching
                        + [Int](repeating: types[type].launchTicks, count: launched)
                    return choices(fleet, type: type + 1)
                }
            }
        }
    }

    @Test func `is what trying everything finds`() {
        let failure = firstFailure(of: 0..<40) { generator in
            let costs = LayerCosts(
                capacity: 10,
                price: 1 + generator.unit(),
                lambda: 0.2 + 0.3 * generator.unit(),
                launchTicks: generator.below(3)
            )
            let demand = (0..<5).map { _ in Double(generator.below(21)) }
            let all = BruteForce(demand: demand, types: [costs], most: 2).cost
            return abs(ClairvoyantBound(demand, costs).cost - all) < 1e-9
        }
        #expect(failure == nil)
    }

    @Test func `says when instances launch and serve`() {
        // Lambda takes the first two of the busy ticks only if it must: it is known that they come.
        let costs = LayerCosts(capacity: 10, price: 1, lambda: 0.5, launchTicks: 2)
        let bound = ClairvoyantBound([0, 0, 0, 10, 10, 10, 10, 0, 0], costs)
        #expect(bound.cost == 6)
        #expect(bound.serving == [0, 0, 0, 1, 1, 1, 1, 0, 0])
        #expect(bound.launching == [0, 1, 1, 0, 0, 0, 0, 0, 0])
    }

    @Test func `keeps an instance over a gap that costs less than a launch`() {
        let costs = LayerCosts(capacity: 10, price: 1, lambda: 0.5, launchTicks: 2)
        let short = ClairvoyantBound([0, 0, 10, 10, 10, 0, 10, 10, 10], costs)
        let long = ClairvoyantBound([0, 0, 10, 10, 10, 0, 0, 0, 10, 10, 10], costs)
        #expect(short.serving == [0, 0, 1, 1, 1, 1, 1, 1, 1])
        #expect(long.serving == [0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1])
    }

    @Test func `is Lambda's price where no instance pays`() {
        let costs = LayerCosts(capacity: 10, price: 6, lambda: 0.5, launchTicks: 1)
        #expect(ClairvoyantBound([3, 12, 10, 10], costs).cost == 17.5)
    }

    @Test func `over several types is no more than trying everything finds, and says how far off it may be`()
    {
        let failure = firstFailure(of: 0..<40) { generator in
            let lambda = 0.2 + 0.3 * generator.unit()
            let types = [10.0, 10 + Double(generator.below(10))].map { capacity in
                LayerCosts(
                    capacity: capacity,
                    price: capacity / 10 * (1 + generator.unit()),
                    lambda: lambda,
                    launchTicks: generator.below(3)
                )
            }
            let demand = (0..<3).map { _ in Double(generator.below(21)) }
            let bound = MixedBound(demand, types)
            let all = BruteForce(demand: demand, types: types, most: 2).cost
            return bound.lower <= all + 1e-9 && all <= bound.upper + 1e-9
        }
        #expect(failure == nil)
    }

    @Test func `over several types is tight where the fleet is large`() throws {
        let load = try Reference.trace("twitter_may25").map { 10 * $0 }
        let bound = MixedBound(load, Market.allCases.map { Reference.costs($0) })
        #expect(bound.best == 1)
        #expect((0...0.02).contains(bound.gap), "\(bound.gap)")
    }
}
