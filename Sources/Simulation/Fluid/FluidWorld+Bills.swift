import Planning

extension FluidWorld {
    /// Bills instances and provisioned concurrency for a step.
    mutating func bill(from start: Double, to end: Double, busy: Double) {
        for index in machines.indices {
            let machine = machines[index]
            let (serving, billed) = machine.times(from: start, to: end)
            minute.capacity[machine.kind] += machine.capacity * serving / 60
            minute.instances[machine.kind] += billed / 60
            result.instanceHours[machine.kind] += billed / 3600
            post(machine.price * billed, to: machine.line)
            guard machine.credits != nil else { continue }
            let share = serving / (end - start) * busy * Capacity.utilisationMax
            let surplus = machines[index].credits?.pass(end - start, busy: share) ?? 0
            post(surplus, to: .surplusCredits)
        }
        let environments = Double(provisioning.allocated)
        let kind = CapacityKind.provisionedConcurrency.position
        minute.instances[kind] += environments * (end - start) / 60
        result.instanceHours[kind] += environments * (end - start) / 3600
        post(environments * (end - start) * environmentPrice, to: .provisionedConcurrency)
    }

    /// Bills the requests of a step: where each has a price, and the functions that ran.
    mutating func bill(_ flow: Flow) {
        post(flow.onInstances * platform.perRequest * 1e9, to: .managed)
        billWay(flow)
        guard flow.onLambda + flow.onProvisioned > 0 else { return }
        let function = simulation.workload.function
        let seconds = (function.latency / .milliseconds(1)).rounded(.up) / 1000
        let gb = Double(function.memoryMiB) / 1024 * 1e9
        post(flow.onLambda * seconds * gb * lambda.perGBSecond, to: .lambdaDuration)
        post(
            flow.onProvisioned * seconds * gb * lambda.provisionedRunPerGBSecond,
            to: .provisionedConcurrency
        )
        post((flow.onLambda + flow.onProvisioned) * lambda.perRequest * 1e9, to: .lambdaRequests)
    }

    /// Bills what stands before instances and functions.
    private mutating func billWay(_ flow: Flow) {
        let onLambda = flow.onProvisioned + flow.onLambda
        let requests = flow.onInstances + onLambda + flow.refused
        post(requests * platform.gateway * 1e9, to: .gateway)
        guard platform.hasRouter, let time = flow.instanceTime else { return }
        let seconds =
            flow.onInstances * time + onLambda * (simulation.workload.function.latency / .seconds(1))
        let own = requests * (Router.overhead / .seconds(1))
        let gb = Double(Router.memoryMiB) / 1024
        post(((seconds + own) * gb * lambda.perGBSecond + requests * lambda.perRequest) * 1e9, to: .router)
    }

    /// Nanodollars of an environment of provisioned concurrency for a second.
    private var environmentPrice: Double {
        Double(lambda.provisioned(memoryMiB: simulation.workload.function.memoryMiB).nanodollars) / 3600
    }

    /// Ends an instance, and bills what is left of its minimum and of its credits.
    mutating func remove(_ index: Int) {
        let machine = machines.remove(at: index)
        observation.instances.remove(at: index)
        let unpaid = max(
            0,
            platform.billedMin / .seconds(1) - (min(now, machine.goneAt) - machine.launchedAt)
        )
        post(unpaid * machine.price, to: machine.line)
        post(machine.credits?.debt ?? 0, to: .surplusCredits)
    }

    mutating func provision(_ environments: Int) {
        post(provisioning.set(environments, now: now) * environmentPrice, to: .provisionedConcurrency)
        observation.provisionedConcurrency = environments
    }

    private mutating func post(_ nanodollars: Double, to line: Ledger.Line) {
        guard nanodollars > 0 else { return }
        result.ledger.post(Dollars(nanodollars: Int64(nanodollars.rounded())), to: line)
    }
}
