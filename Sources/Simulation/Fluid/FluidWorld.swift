import Forecasting
import Planning
import Seeded

/// The state of a fluid simulation: what a policy sees, and what is behind it.
struct FluidWorld {
    let simulation: FluidSimulation
    let platform: Platform
    let lambda: LambdaPrices
    var observation = Observation(now: .zero, demand: [])
    /// In the order of the observation's instances.
    var machines: [FluidMachine] = []
    var provisioning = FluidProvisioning()
    var queue = FluidQueue()
    var result: SimulationResult
    var minute = SimulationResult.Minute()
    var sinceTick = Tick()
    var nextTick = 0.0
    /// Seconds since the start: `Duration` divides 128-bit integers, which would be most of a run.
    var now = 0.0
    var generator: SeededGenerator

    /// What is told at the next tick of the time since the last.
    struct Tick {
        var (seconds, requests, good, late, refused) = (0.0, 0.0, 0.0, 0.0, 0.0)
        var (busy, underway) = (0.0, 0.0)
    }

    struct Flow {
        var (onInstances, onProvisioned, onLambda, late, refused) = (0.0, 0.0, 0.0, 0.0, 0.0)
        /// Seconds that a request is at an instance; nil while none serves.
        var instanceTime: Double?
        /// Requests that waited, on average.
        var waiting = 0.0
    }

    init(_ simulation: FluidSimulation, _ platform: Platform, name: String) {
        (self.simulation, self.platform, lambda) = (simulation, platform, simulation.lambda(on: platform))
        result = SimulationResult(policy: name)
        generator = SeededGenerator(seed: simulation.interruptionSeed ?? 0)
    }

    // MARK: Time

    mutating func begin(_ number: Int, of track: LoadTrack) {
        minute = SimulationResult.Minute()
        minute.requests = track.requests(number)
        let origin = number - 5
        guard origin >= 0, let said = track.forecasts[origin].first(where: { $0.horizon >= 5 }) else {
            return
        }
        (minute.forecast, minute.forecastHigh) = (said.max, said.maxQ90)
    }

    /// Lets requests flow for some seconds.
    mutating func flow(_ requests: Double, for step: Double) {
        let end = now + step
        var (capacity, patience, queueMax, underway) = (0.0, 0.0, 0.0, 0.0)
        let latest = (simulation.workload.slo - simulation.workload.margin) / .seconds(1)
        for machine in machines {
            let serving = machine.times(from: now, to: end).serving
            guard serving > 0 else { continue }
            capacity += machine.capacity * serving
            patience += machine.capacity * max(0, latest - machine.runTime)
            underway += machine.capacity * serving * machine.runTime
            if case .queue(let max) = platform.overflow { queueMax += Double(max) }
        }
        var flow = split(requests, step, capacity, patience, queueMax)
        if capacity > 0 { flow.instanceTime = underway / capacity }
        let busy = capacity > 0 ? min(1, flow.onInstances / capacity) : 0
        bill(from: now, to: end, busy: busy)
        bill(flow)
        count(requests, flow)
        sinceTick.seconds += step
        sinceTick.busy += step * (flow.waiting > 0 ? 1 : busy * Capacity.utilisationMax)
        let latency = simulation.workload.function.latency / .seconds(1)
        sinceTick.underway +=
            busy * underway + step * flow.waiting + (flow.onProvisioned + flow.onLambda) * latency
        now = end
        age(step)
    }

    private mutating func split(
        _ requests: Double,
        _ step: Double,
        _ capacity: Double,
        _ patience: Double,
        _ queueMax: Double
    ) -> Flow {
        var flow = Flow()
        switch platform.overflow {
        case .lambda:
            flow.onInstances = min(requests, capacity)
            let latency = simulation.workload.function.latency / .seconds(1)
            let provisioned = Double(provisioning.ready(at: now)) / latency * step
            flow.onProvisioned = min(requests - flow.onInstances, provisioned)
            flow.onLambda = requests - flow.onInstances - flow.onProvisioned
        case .queue:
            let before = queue.length
            let outcome = queue.flow(requests, capacity: capacity, lengthMax: queueMax, lateFrom: patience)
            (flow.onInstances, flow.late, flow.refused) = (outcome.served, outcome.late, outcome.refused)
            flow.waiting = (before + queue.length) / 2
        }
        return flow
    }

    private mutating func count(_ requests: Double, _ flow: Flow) {
        let good = requests - flow.late - flow.refused
        let onLambda = flow.onProvisioned + flow.onLambda
        minute.onLambda += onLambda
        minute.onInstances += flow.onInstances
        minute.late += flow.late
        minute.refused += flow.refused
        minute.capacity[CapacityKind.lambda.position] += flow.onLambda / 60
        minute.capacity[CapacityKind.provisionedConcurrency.position] += flow.onProvisioned / 60
        result.requests += requests
        result.good += good
        result.late += flow.late
        result.refused += flow.refused
        result.onLambda += onLambda
        sinceTick.requests += requests
        sinceTick.good += good
        sinceTick.late += flow.late
        sinceTick.refused += flow.refused
    }

    mutating func end(_ number: Int, of track: LoadTrack) {
        minute.spent = result.ledger.total
        result.minutes.append(minute)
        observation.demand = track.demand(through: number)
        observation.forecasts = track.forecasts[number]
    }

    /// The result, with what instances owe at their end.
    func finish() -> SimulationResult {
        var world = self
        while !world.machines.isEmpty { world.remove(world.machines.count - 1) }
        world.provision(0)
        guard let last = world.result.minutes.indices.last else { return world.result }
        world.result.minutes[last].spent = world.result.ledger.total
        return world.result
    }
}
