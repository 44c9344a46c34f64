import Batching
import Planning
import Seeded

extension FluidWorld {
    /// To a microsecond, as steps need not be whole seconds.
    var isTickDue: Bool { now > nextTick - 1e-6 }

    /// Asks the policy, and does what it says.
    mutating func decide(_ policy: inout some ScalingPolicy) {
        tell()
        let isFirst = now == 0
        for decision in policy.plan(observation) {
            if result.decisions.count < Self.decisionsMax {
                result.decisions.append(.init(minute: now / 60, decision: decision))
            }
            switch decision.action {
            case .launch(let launch): self.launch(launch, isFirst: isFirst)
            case .drain(let id):
                if let index = observation.instances.firstIndex(where: { $0.id == id }) { remove(index) }
            case .provision(let environments): provision(environments)
            // Nothing is cold here.
            case .warm: continue
            }
        }
        nextTick += policy.period / .seconds(1)
    }

    private static let decisionsMax = 5000

    private mutating func tell() {
        observation.now = .milliseconds(Int64((now * 1000).rounded()))
        observation.outcomes = Observation.Outcomes()
        observation.outcomes.total = Int(sinceTick.requests.rounded())
        observation.outcomes.good = Int(sinceTick.good.rounded())
        observation.outcomes.queued = Int(sinceTick.late.rounded())
        observation.outcomes.refused = Int(sinceTick.refused.rounded())
        let seconds = max(sinceTick.seconds, 1e-9)
        observation.utilisation =
            observation.instances.contains(where: \.isServing) ? sinceTick.busy / seconds : nil
        observation.concurrency = sinceTick.underway / seconds
        sinceTick = Tick()
    }

    private mutating func launch(_ launch: Action.Launch, isFirst: Bool) {
        for pool in launch.pools {
            guard let type = simulation.catalogue[pool.type],
                let capacity = simulation.capacity(pool.type, on: platform),
                let price = simulation.price(pool.type, launch.market, on: platform)
            else { continue }
            for _ in 0..<launch.count {
                start(type, pool, launch.market, capacity: capacity, price: price, isFirst: isFirst)
            }
            return
        }
        result.capacityErrors += launch.count
    }

    private mutating func start(
        _ type: InstanceType,
        _ pool: Pool,
        _ market: Market,
        capacity: Double,
        price: DollarsPerHour,
        isFirst: Bool
    ) {
        let kind = platform.isManaged ? .managed : type.kind(market)
        let isThere = isFirst && platform.overflow != .lambda
        let profile = simulation.workload.machines[type.name]?.profile
        let machine = FluidMachine(
            capacity: capacity,
            runTime: (profile?[1] ?? simulation.workload.function.latency) / .seconds(1),
            price: Double(price.nanodollars) / 3600,
            kind: kind.position,
            line: Ledger.Line(kind),
            hazard: market == .spot ? (type.spot?.interruptionsPerHour ?? 0) / 3600 : 0,
            launchedAt: now,
            readyAt: isThere ? now : now + platform.launchDelay / .seconds(1),
            credits: platform.isManaged ? nil : FluidMachine.Credits(type)
        )
        machines.append(machine)
        observation.instances.append(
            Instance(
                id: "i-\(result.launches)",
                type: type.name,
                market: market,
                zone: pool.zone,
                state: isThere ? .serving(since: observation.now) : .booting(since: observation.now),
                launchedAt: observation.now
            )
        )
        result.launches += 1
    }

    /// Lets a step's end change states: instances become ready, are warned and are taken back.
    mutating func age(_ step: Double) {
        for index in machines.indices.reversed() {
            let machine = machines[index]
            if case .booting = observation.instances[index].state, now >= machine.readyAt {
                observation.instances[index].state = .serving(since: .seconds(machine.readyAt))
            }
            if now >= machine.goneAt {
                result.interruptions += 1
                remove(index)
            } else if simulation.interruptionSeed != nil, machine.hazard > 0, machine.goneAt == .infinity,
                generator.unit() < machine.hazard * step
            {
                machines[index].goneAt = now + FluidSimulation.notice
                observation.instances[index].warning = .interruption(
                    at: .seconds(now + FluidSimulation.notice)
                )
            }
        }
    }
}

extension CapacityKind {
    /// In `allCases`: results hold arrays.
    var position: Int {
        switch self {
        case .lambda: 0
        case .provisionedConcurrency: 1
        case .burstable: 2
        case .spot: 3
        case .onDemand: 4
        case .managed: 5
        }
    }
}

extension Ledger.Line {
    /// What instances of a kind are booked under.
    init(_ kind: CapacityKind) {
        switch kind {
        case .lambda: self = .lambdaDuration
        case .provisionedConcurrency: self = .provisionedConcurrency
        case .burstable: self = .burstable
        case .spot: self = .spot
        case .onDemand: self = .onDemand
        case .managed: self = .managed
        }
    }
}
