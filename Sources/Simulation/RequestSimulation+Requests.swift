import Batching
import Histograms
import Seeded

/// The way of a request: to one of two instances, or to Lambda.
extension RequestSimulation {
    mutating func arrive(_ now: Int64) {
        sequence += 1
        requestsInMinute += 1
        tally.arrived()
        router.arrive(&ledger)
        inFlight.add(1, now: now)
        let choice = TwoChoices(of: ec2.serving.count, draw: routing.next()) { ec2.completion($0) }
        if let choice, offer(choice, now) { return }
        overflow(arrival: now, isRouted: choice != nil, now)
    }

    /// - Returns: whether one of the two has admitted it.
    private mutating func offer(_ choice: TwoChoices, _ now: Int64) -> Bool {
        let first = ec2.serving[choice.first]
        let second = choice.second.map { ec2.serving[$0] }
        if offer(first, now) { return true }
        return second.map { offer($0, now) } ?? false
    }

    private mutating func offer(_ index: Int, _ now: Int64) -> Bool {
        let instant = Duration.nanoseconds(now)
        let deadline = instant + ec2.machines[ec2.instances[index].machine].allowed
        let request = QueuedRequest(id: sequence, arrival: instant, deadline: deadline)
        let isAdmitted = ec2.instances[index].bouncer.arrive(request, now: instant) == nil
        if isAdmitted { ec2.instances[index].inFlight += 1 }
        poll(index, now)
        return isAdmitted
    }

    /// Where a request goes that no instance takes or finishes.
    ///
    /// - Parameter isRouted: false while no instance serves.
    mutating func overflow(arrival: Int64, isRouted: Bool = true, _ now: Int64) {
        guard platform.overflow == .lambda, let invocation = lambda.invoke(now: now, &ledger) else {
            if isRouted { router.pass(now - arrival, &ledger) }
            inFlight.add(-1, now: now)
            return tally.refused()
        }
        if isRouted { router.pass(invocation.end - arrival, &ledger) }
        if invocation.start == .cold { tally.startedCold() }
        let ended = Event.invocationEnded(arrival: arrival, waited: now - arrival, invocation.start)
        schedule(ended, at: invocation.end)
    }

    mutating func invocationEnded(
        _ arrival: Int64,
        waited: Int64,
        _ start: SimulatedLambda.Start,
        _ now: Int64
    ) {
        lambda.ended(start, now: now)
        inFlight.add(-1, now: now)
        let slo = slo
        tally.answered(latency: now - arrival, onLambda: true) {
            // Without the time at an instance that could not answer it after all, it would have been in time.
            if start != .cold, now - arrival - waited <= slo { return .queued }
            return start == .cold ? .coldStart : .slowRun
        }
    }

    // MARK: Instances

    /// Does what the instance's bouncer says.
    mutating func poll(_ index: Int, _ now: Int64) {
        let instant = Duration.nanoseconds(now)
        while let action = ec2.instances[index].bouncer.poll(now: instant) {
            switch action {
            case .run(let batch): start(batch, index, now)
            case .turnAway(let request, _):
                ec2.instances[index].inFlight -= 1
                overflow(arrival: request.arrival.nanoseconds, now)
            case .wake(let wanted):
                // A nanosecond early would be too early.
                let alarm = max(now, wanted.nanoseconds + 1)
                ec2.instances[index].alarm = alarm
                schedule(.alarm(instance: index), at: alarm)
            }
        }
    }

    private mutating func start(_ batch: Batch, _ index: Int, _ now: Int64) {
        let position = ec2.instances[index].machine
        let full = jitter.stretch(ec2.machines[position].times[batch.rows - 1])
        var time = full
        if let slowdown = ec2.instances[index].credits?.slowdown(now: now) {
            time = Int64(Double(full) * slowdown)
            ec2.instances[index].credits?.spend(Double(full) * ec2.machines[position].vCPUsPerRun)
        }
        executorsBusy.add(1, now: now)
        schedule(.batchEnded(instance: index, executor: batch.executor), at: now + time)
    }

    mutating func batchEnded(_ index: Int, _ executor: Int, _ now: Int64) {
        // What a crashed instance ran went elsewhere.
        guard ec2.instances[index].isUp else { return }
        let batch = ec2.instances[index].bouncer.finish(executor: executor, now: .nanoseconds(now))
        executorsBusy.add(-1, now: now)
        inFlight.add(-batch.requests.count, now: now)
        ec2.instances[index].inFlight -= batch.requests.count
        for request in batch.requests {
            router.pass(now - request.arrival.nanoseconds, &ledger)
            tally.answered(latency: now - request.arrival.nanoseconds, onLambda: false) {
                .nanoseconds(now) - batch.start > batch.predicted * 1.1 ? .slowRun : .queued
            }
        }
        poll(index, now)
        endIfDrained(index, now)
    }

    mutating func alarm(_ index: Int, _ now: Int64) {
        guard ec2.instances[index].isUp, ec2.instances[index].alarm == now else { return }
        ec2.instances[index].bouncer.wake(now: .nanoseconds(now))
        poll(index, now)
    }
}
