import Batching
import Forecasting
import Histograms
import Planning
import Seeded

/// The lives of instances.
extension RequestSimulation {
    /// EC2's notice before it takes back a spot instance.
    private static let notice: Int64 = 120_000_000_000

    mutating func launch(_ launch: Action.Launch, _ now: Int64) {
        for _ in 0..<launch.count {
            let pool = firstWithCapacity(launch, now)
            guard let pool, ec2.present.count < SimulatedEC2.instancesMax else {
                tally.capacityError()
                continue
            }
            let index = ec2.launch(pool, launch.market, now: now)
            tally.launched()
            boot(index, now)
            if launch.market == .spot { scheduleInterruption(index, pool, now) }
        }
    }

    /// Remembers those before it that have none.
    private mutating func firstWithCapacity(_ launch: Action.Launch, _ now: Int64) -> Pool? {
        for pool in launch.pools {
            if hasCapacity(pool, launch.market, now) { return pool }
            unavailable.insert(pool)
        }
        return nil
    }

    private func hasCapacity(_ pool: Pool, _ market: Market, _ now: Int64) -> Bool {
        (market == .onDemand || ec2.hasSpot(pool.type)) && !faults.isOutOfStock(pool, now)
    }

    private mutating func boot(_ index: Int, _ now: Int64) {
        let time = jitter.stretch(platform.launchDelay.nanoseconds)
        let (slowdown, fails) = faults.boot(now, &chance)
        let stage: Stage = fails ? .neverBoots : .booted
        schedule(.instance(index, stage), at: now + Int64(Double(time) * slowdown))
    }

    /// Draws the life of a spot instance from the rate at which its type is interrupted.
    private mutating func scheduleInterruption(_ index: Int, _ pool: Pool, _ now: Int64) {
        let rate = ec2.interruptionsPerHour(pool.type)
        guard rate > 0 else { return }
        let life = -Elementary.log(1 - chance.unit()) * 3600e9 / rate
        let (warns, lead) = (chance.unit() < 0.7, chance.unit() * 600e9)
        guard life < Double(end - now) else { return }
        let end = now + max(Self.notice, Int64(life))
        schedule(.instance(index, .noticed(end: end)), at: end - Self.notice)
        if warns {
            let recommendation = max(now, end - Self.notice - Int64(lead))
            schedule(.instance(index, .rebalanceRecommended), at: recommendation)
        }
    }

    mutating func advance(_ index: Int, _ stage: Stage, _ now: Int64) {
        guard ec2.instances[index].isUp else { return }
        switch stage {
        case .booted:
            guard ec2.instances[index].view.isUsable else { return }
            ec2.serve(index, now: now)
            executorsServing.add(executors(index), now: now)
        case .neverBoots: ec2.end(index, .failedToBoot, now: now, &ledger)
        case .rebalanceRecommended:
            ec2.instances[index].view.warning = ec2.instances[index].view.warning ?? .rebalance
        case .noticed(let end): notice(index, end, now)
        case .mustDrain: drain(index, now)
        case .reclaimed:
            tally.interrupted()
            lose(index, .interrupted, now)
        }
    }

    /// EC2 says when it will take the instance back, which serves until what it has can just be answered.
    mutating func notice(_ index: Int, _ end: Int64, _ now: Int64) {
        if case .interruption = ec2.instances[index].view.warning { return }
        ec2.instances[index].view.warning = .interruption(at: .nanoseconds(end))
        schedule(.instance(index, .mustDrain), at: max(now, end - slo - 1_000_000_000))
        schedule(.instance(index, .reclaimed), at: end)
    }

    private func executors(_ index: Int) -> Int {
        ec2.machines[ec2.instances[index].machine].policy.executors
    }

    mutating func drain(_ index: Int, _ now: Int64) {
        guard !ec2.instances[index].isDraining else { return }
        if ec2.instances[index].view.isServing { executorsServing.add(-executors(index), now: now) }
        ec2.drain(index, now: now)
        poll(index, now)
        endIfDrained(index, now)
    }

    mutating func endIfDrained(_ index: Int, _ now: Int64) {
        guard ec2.instances[index].isDraining, ec2.instances[index].bouncer.isIdle else { return }
        let isInterrupted = ec2.instances[index].view.warning.map { $0 != .rebalance } ?? false
        if isInterrupted { tally.interrupted() }
        ec2.end(index, isInterrupted ? .interrupted : .released, now: now, &ledger)
    }

    /// An instance is gone from one moment to the next; the router sees its connections break and sends its requests elsewhere.
    mutating func lose(_ index: Int, _ departure: Instance.Departure, _ now: Int64) {
        let requests = ec2.instances[index].unanswered
        let running = ec2.instances[index].bouncer.batcher.executors.count { $0 != nil }
        if ec2.instances[index].view.isServing { executorsServing.add(-executors(index), now: now) }
        executorsBusy.add(-running, now: now)
        ec2.end(index, departure, now: now, &ledger)
        for request in requests { overflow(arrival: request.arrival.nanoseconds, now) }
    }
}
