import Planning
import Seeded
import Simulation
import TestKit
import Testing

@Suite struct `The regret` {
    /// So many instances at each tick, beginning with that before the first minute.
    private struct Script: ScalingPolicy {
        let period = Duration.seconds(60)
        let fleet: ScaledFleet
        var counts: ArraySlice<Int>

        mutating func plan(_ observation: Observation) -> [Decision] {
            fleet.decisions(for: counts.popFirst() ?? 0, observation)
        }
    }

    /// Ten busy minutes, for which the optimum launches with the record; 840 fill an instance.
    private static let load = [0, 0] + [Double](repeating: 840, count: 10) + [Double](repeating: 0, count: 8)
    private static let costs = Reference.costs(.onDemand)

    private static func regret(_ counts: [Int], _ market: Market = .onDemand) -> Regret {
        let policy = Script(fleet: Reference.fleet(market), counts: counts[...])
        let track = LoadTrack(load)
        let result = Reference.simulation.run(policy, over: track, on: Reference.platform, name: "script")
        return Regret(of: result, beyond: ClairvoyantBound(load, costs), costs)
    }

    private static func counts(_ on: Range<Int>, of count: Int = 20) -> [Int] {
        (0..<count).map { on.contains($0) ? 1 : 0 }
    }

    /// All but one cause are nothing.
    private static func expect(
        _ regret: Regret,
        _ cause: KeyPath<Regret, Double>,
        is dollars: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let causes: [KeyPath<Regret, Double>] = [
            \.lateLaunch, \.earlyRelease, \.idleTail, \.needlessLaunch, \.launching, \.wrongType,
        ]
        for other in causes {
            let expected = other == cause ? dollars : 0
            #expect(
                abs(regret[keyPath: other] - expected) < 1e-7,
                "\(regret)",
                sourceLocation: sourceLocation
            )
        }
    }

    /// What Lambda takes for a full layer beyond the instance.
    private static let missing = 840 * costs.lambda - costs.price

    @Test func `of the optimum itself is none`() {
        Self.expect(Self.regret(Self.counts(0..<12)), \.total, is: 0)
    }

    @Test func `of a late launch is Lambda's premium until it serves`() {
        Self.expect(Self.regret(Self.counts(3..<12)), \.lateLaunch, is: 3 * Self.missing)
    }

    @Test func `of an early release is Lambda's premium from then on`() {
        Self.expect(Self.regret(Self.counts(0..<8)), \.earlyRelease, is: 4 * Self.missing)
    }

    @Test func `of an idle tail is what the instance costs`() {
        Self.expect(Self.regret(Self.counts(0..<17)), \.idleTail, is: 5 * Self.costs.price)
    }

    @Test func `of a second instance is needless, and so is its launch`() {
        let regret = Self.regret(Self.counts(0..<12).map { $0 * 2 })
        #expect(abs(regret.needlessLaunch - 10 * Self.costs.price) < 1e-7)
        #expect(abs(regret.launching - 2 * Self.costs.price) < 1e-7)
        #expect(abs(regret.total - 12 * Self.costs.price) < 1e-7)
    }

    @Test func `of another market is the difference of the prices`() {
        Self.expect(Self.regret(Self.counts(0..<12), .spot), \.wrongType, is: 12 * (0.034 - 0.085) / 60)
    }

    @Test func `is what was paid beyond the optimum, all of it explained with one type`() {
        let failure = firstFailure(of: 0..<20) { generator in
            let load = Reference.load(300, &generator)
            let policy = ProportionalScaling(Reference.fleet(), capacity: 840, target: 0.5 + generator.unit())
            let track = LoadTrack(load)
            let result = Reference.simulation.run(policy, over: track, on: Reference.platform, name: "any")
            let bound = ClairvoyantBound(load, Self.costs)
            let regret = Regret(of: result, beyond: bound, Self.costs)
            let beyond = result.ledger.total.amount - bound.cost
            return abs(regret.total - beyond) < 1e-9 && abs(regret.wrongType) < 1e-5 && beyond > -1e-5
        }
        #expect(failure == nil)
    }
}
