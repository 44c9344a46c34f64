import Planning
import Seeded
import TestKit
import Testing

@Suite struct `A layer's plan` {
    /// The least cost over all schedules of one layer, by trying each: from a state, what is cheapest from a tick on.
    private static func least(_ plan: LayerPlan, from tick: Int, remaining: Int?) -> Double {
        guard tick < plan.lambda.count else { return 0 }
        let off = plan.lambda[tick] + least(plan, from: tick + 1, remaining: nil)
        return min(off, going(plan, tick, remaining ?? plan.launchTicks))
    }

    /// With an instance that serves after so many more ticks, kept for this one.
    private static func going(_ plan: LayerPlan, _ tick: Int, _ remaining: Int) -> Double {
        let spill = remaining == 0 ? 0 : plan.lambda[tick]
        return plan.price + spill + least(plan, from: tick + 1, remaining: max(0, remaining - 1))
    }

    @Test func `finds what trying every schedule finds`() {
        let failure = firstFailure(of: 0..<300) { generator in
            let ticks = 1 + generator.below(7)
            let plan = LayerPlan(
                lambda: (0..<ticks).map { _ in 3 * generator.unit() * generator.unit() },
                price: 0.2 + generator.unit(),
                launchTicks: generator.below(4)
            )
            let off = plan.lambda[0] + Self.least(plan, from: 1, remaining: nil)
            return (0...plan.launchTicks).allSatisfy {
                abs(off - Self.going(plan, 0, $0) - plan.advantage(remaining: $0)) < 1e-9
            }
        }
        #expect(failure == nil)
    }

    @Test func `launches for a load that lasts, and not for a moment`() {
        let lasting = LayerPlan(lambda: Array(repeating: 2, count: 15), price: 1, launchTicks: 2)
        let short = LayerPlan(
            lambda: [2, 2, 2] + Array(repeating: 0, count: 12),
            price: 1,
            launchTicks: 2
        )
        #expect(lasting.advantage(remaining: 2) > 0)
        #expect(short.advantage(remaining: 2) < 0)
    }

    @Test func `launches as late as serves in time`() {
        // Busy from the sixth tick on: two ticks of launching begin at the fourth.
        let lambda = Array(repeating: 0.0, count: 5) + Array(repeating: 5.0, count: 10)
        for early in 0...5 {
            let plan = LayerPlan(lambda: Array(lambda.dropFirst(early)), price: 1, launchTicks: 2)
            #expect((plan.advantage(remaining: 2) > 0) == (early >= 3), "\(early) ticks later")
        }
    }

    @Test func `keeps an instance over a gap that is shorter than a launch costs`() {
        func plan(gap: Int) -> LayerPlan {
            let load = Array(repeating: 0.0, count: gap) + Array(repeating: 3.0, count: 15 - gap)
            return LayerPlan(lambda: load, price: 1, launchTicks: 2)
        }
        #expect(plan(gap: 1).advantage(remaining: 0) > 0)
        #expect(plan(gap: 6).advantage(remaining: 0) < 0)
    }
}
