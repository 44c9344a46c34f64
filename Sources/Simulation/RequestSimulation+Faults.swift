import Batching
import Planning
import Seeded

/// What goes wrong at once; what goes wrong for a while is asked of `FaultState`.
extension RequestSimulation {
    mutating func strike(_ strike: Faults.Strike, _ now: Int64) {
        faults.begin(strike, minutes: demand.count)
        switch strike.kind {
        case .spotStorm:
            // One zone, or in one case of four all.
            let isEverywhere = strike.severity < 0.25
            let zone = SimulatedEC2.zones[Int(strike.salt % UInt64(SimulatedEC2.zones.count))]
            for index in ec2.present where ec2.instances[index].view.market == .spot {
                guard isEverywhere || ec2.instances[index].view.zone == zone else { continue }
                notice(index, now + 120_000_000_000, now)
            }
        case .crashes:
            guard !ec2.serving.isEmpty else { return }
            lose(ec2.serving[Int(strike.salt % UInt64(ec2.serving.count))], .crashed, now)
        case .priceJumps:
            let pools = ec2.pools
            guard !pools.isEmpty else { return }
            let pool = pools[Int(strike.salt % UInt64(pools.count))]
            ec2.setPrice(of: pool, factor: 0.5 + 4 * strike.severity, now: now, &ledger)
        case .capacityErrors, .slowBoots, .lostTicks, .doubledTicks, .deadController, .staleMetrics,
            .clockSteps,
            .surges:
            return
        }
    }
}
