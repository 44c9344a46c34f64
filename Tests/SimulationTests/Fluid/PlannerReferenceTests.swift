import Planning
import Simulation
import Testing

/// The planner with its forecaster, as in production, beside the clairvoyant optimum of the reference model.
@Suite struct `Our planner, on the reference model,` {
    private static let twitter = Result {
        let load = try Reference.trace("twitter_may25").map { Double?($0) }
        return LoadTrack(load, start: 0)
    }

    private static func ratio(_ market: Market, scale: Double) throws -> (ofOptimum: Double, ofLambda: Double)
    {
        let track = try twitter.get().scaled(by: scale)
        var settings = PlannerSettings()
        settings.markets = [market]
        settings.instancesMax = 1000
        (settings.usesProvisionedConcurrency, settings.warmsUp) = (false, false)
        let contender = try Contender.planner(
            Reference.simulation,
            bootTime: .seconds(120),
            settings,
            hasRouter: false
        )
        let load = track.counts.map { $0 ?? 0 }
        let costs = Reference.costs(market)
        let cost = Reference.simulation.run(contender, over: track).ledger.total.amount
        return (
            cost / ClairvoyantBound(load, costs).cost, cost / (costs.lambda * load.reduce(0, +))
        )
    }

    @Test func `costs at most 1.05 times the optimum on demand, and 1.10 times on spot`() throws {
        #expect(try Self.ratio(.onDemand, scale: 1).ofOptimum < 1.05)
        #expect(try Self.ratio(.spot, scale: 1).ofOptimum < 1.10)
    }

    /// At 5 requests/s the optimum is within 1 % of Lambda alone.
    @Test func `costs no more than Lambda alone where that is the best`() throws {
        #expect(try Self.ratio(.onDemand, scale: 0.1).ofLambda < 1.01)
        #expect(try Self.ratio(.onDemand, scale: 0.02).ofLambda < 1.0001)
    }
}
