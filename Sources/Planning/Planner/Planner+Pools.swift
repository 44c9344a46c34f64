/// Which pools have failed lately, on which market.
extension Planner {
    func pools(_ market: Market) -> SpotPools { market == .spot ? pools : onDemandPools }

    mutating func rememberFailures(_ observation: Observation) {
        let now = observation.now
        for instance in observation.instances {
            switch (instance.state, instance.warning) {
            case (.gone(.interrupted), _), (.gone(.failedToBoot), _), (_, .interruption):
                guard pools(instance.market).isOpen(instance.pool, now: now) else { continue }
                failed(instance.pool, instance.market, at: now)
            default: continue
            }
        }
        for pool in observation.unavailable {
            let markets = Market.allCases.filter { asked[$0]?.contains(pool) ?? false }
            // A planner that has lost its memory does not know which it asked.
            for market in markets.isEmpty ? Market.allCases : markets { failed(pool, market, at: now) }
        }
        pools.forget(now: now)
        onDemandPools.forget(now: now)
    }

    private mutating func failed(_ pool: Pool, _ market: Market, at now: Duration) {
        if market == .spot { pools.failed(pool, at: now) } else { onDemandPools.failed(pool, at: now) }
    }

    mutating func rememberAsked(_ decisions: [Decision]) {
        asked = [:]
        for case .launch(let launch) in decisions.map(\.action) {
            asked[launch.market, default: []].formUnion(launch.pools)
        }
    }
}
