import Forecasting
import Histograms
import Planning

/// The controller's side: what it sees, and what is done as it says.
extension RequestSimulation {
    mutating func tick(_ now: Int64) {
        let next = now + policy.period.nanoseconds
        if next <= end { schedule(.tick, at: next) }
        for _ in 0..<faults.ticks(now, &chance) {
            for decision in policy.plan(observation(now)) { perform(decision, now) }
        }
    }

    private mutating func perform(_ decision: Decision, _ now: Int64) {
        tally.decided(decision, now: now)
        switch decision.action {
        case .launch(let launch): self.launch(launch, now)
        case .drain(let id):
            guard let index = ec2[id], ec2.instances[index].isUp else { return tally.strayed() }
            drain(index, now)
        case .provision(let environments): lambda.provision(environments, now: now, &ledger)
        case .warm(let environments):
            for _ in 0..<environments {
                guard let invocation = lambda.warm(now: now, &ledger) else { break }
                schedule(.warmedUp(invocation.start), at: invocation.end)
            }
        }
    }

    private mutating func observation(_ now: Int64) -> Observation {
        defer { unavailable = [] }
        let minutes = faults.minutesKnown(of: demand.count, now)
        let busy = executorsBusy.takeMean(now: now)
        let serving = executorsServing.takeMean(now: now)
        return Observation(
            now: .nanoseconds(now + faults.clockOffset),
            demand: Array(demand[max(0, minutes - LoadTrack.minutesMax)..<minutes]),
            forecasts: minutes > 0 ? track.forecasts[minutes - 1] : [],
            instances: ec2.present.map { ec2.instances[$0].view },
            provisionedConcurrency: lambda.provisionedConcurrency(now: now),
            spotPrices: ec2.spotPrices,
            unavailable: unavailable.sorted(),
            outcomes: tally.takeOutcomes(),
            utilisation: serving > 0 ? min(1, busy / serving) : nil,
            concurrency: inFlight.takeMean(now: now)
        )
    }

    mutating func endMinute(_ now: Int64) {
        let minute = demand.count
        demand.append(track.counts[minute] == nil ? nil : Double(requestsInMinute))
        requestsInMinute = 0
        lambda.bill(now: now, &ledger)
        var capacity = [Double](repeating: 0, count: CapacityKind.allCases.count)
        var instances = capacity
        for index in ec2.present {
            ec2.bill(index, now: now, &ledger)
            let machine = ec2.machines[ec2.instances[index].machine]
            instances[machine.kind.position] += 1
            if ec2.instances[index].view.isServing { capacity[machine.kind.position] += machine.capacity }
        }
        let provisioned = Double(lambda.provisionedConcurrency(now: now))
        instances[CapacityKind.provisionedConcurrency.position] = provisioned
        tally.endMinute(
            capacity: capacity,
            instances: instances,
            provisioned: provisioned / (workload.function.latency / .seconds(1)),
            forecast: forecast(of: minute),
            ledger
        )
    }

    /// What was forecast five minutes before.
    private func forecast(of minute: Int) -> (median: Double, high: Double)? {
        guard minute >= 5, let forecast = track.forecasts[minute - 5].first(where: { $0.horizon >= 5 }) else {
            return nil
        }
        return (forecast.max, forecast.maxQ90)
    }
}
