import Forecasting
import Histograms
package import Planning
import Seeded

/// A load, request by request, on a platform whose capacity a policy decides: discrete events in simulated time.
///
/// Instances run the production bouncer and batcher, and the policy is the production planner or what it is compared with. Requests reach
/// one of two random instances, then the other, then Lambda (or, as the platform has it, wait or are refused). The same arguments give the
/// same result, bit by bit.
package struct RequestSimulation {
    /// What happens; in the order of their ranks when at the same instant.
    enum Event {
        case batchEnded(instance: Int, executor: Int)
        case alarm(instance: Int)
        case invocationEnded(arrival: Int64, waited: Int64, SimulatedLambda.Start)
        case warmedUp(SimulatedLambda.Start)
        case instance(Int, Stage)
        case strike(Int)
        case minute
        case tick

        var rank: UInt8 {
            switch self {
            case .batchEnded, .invocationEnded, .warmedUp: 0
            case .alarm: 1
            case .instance: 2
            case .strike: 3
            case .minute: 4
            case .tick: 5
            }
        }
    }

    /// What happens to an instance besides requests.
    enum Stage { case booted, neverBoots, rebalanceRecommended, noticed(end: Int64), mustDrain, reclaimed }

    static let minute: Int64 = 60_000_000_000

    let workload: Workload
    let platform: Platform
    let track: LoadTrack
    package internal(set) var policy: any ScalingPolicy
    /// When the load ends.
    let end: Int64
    let slo: Int64
    let margin: Int64

    var queue = EventQueue<Event>()
    var lambda: SimulatedLambda
    var ec2: SimulatedEC2
    let router: SimulatedRouter
    package internal(set) var ledger = Ledger()
    var tally: Tally
    var arrivals: ArrivalStream
    var routing: SeededGenerator
    var jitter: Jitter
    var chance: SeededGenerator
    var faults: FaultState

    /// Requests that came, by minute, as long as they are observed.
    var demand: [Double?] = []
    /// Requests that came in this minute.
    var requestsInMinute = 0
    var sequence: UInt64 = 0
    var inFlight = Gauge()
    var executorsBusy = Gauge()
    var executorsServing = Gauge()
    /// Pools that had no instance since the tick before.
    var unavailable: Set<Pool> = []

    /// - Parameters:
    ///   - name: what the result calls the policy.
    ///   - architecture: where functions run.
    ///   - seed: of arrivals, run times, lives of instances and faults, each a stream of its own.
    package init(
        _ workload: Workload,
        catalogue: Catalogue,
        platform: Platform,
        track: LoadTrack,
        policy: any ScalingPolicy,
        name: String,
        architecture: InstanceType.Architecture = .x86,
        seed: UInt64 = 1,
        faults: Faults = .none
    ) {
        precondition(policy.period > .zero, "a policy that decides every \(policy.period)")
        (self.workload, self.platform, self.track, self.policy) = (workload, platform, track, policy)
        end = Int64(track.counts.count) * Self.minute
        (slo, margin) = (workload.slo.nanoseconds, workload.margin.nanoseconds)
        var seeds = SeededGenerator(seed: seed)
        let prices = platform.lambda ?? catalogue.lambda(architecture)
        router = SimulatedRouter(platform, prices)
        lambda = SimulatedLambda(
            workload.function,
            prices: prices,
            limits: platform.limits,
            seed: seeds.next()
        )
        ec2 = SimulatedEC2(workload, catalogue, platform)
        tally = Tally(policy: name, slo: workload.slo)
        arrivals = ArrivalStream(seed: seeds.next())
        routing = SeededGenerator(seed: seeds.next())
        jitter = Jitter(seed: seeds.next())
        chance = SeededGenerator(seed: seeds.next())
        self.faults = FaultState(faults, end: end, seed: seeds.next())
    }

    /// Plays the whole load.
    ///
    /// - Parameter progress: called after each minute with their number.
    package mutating func run(progress: (_ minutes: Int) -> Void = { _ in }) -> SimulationResult {
        schedule(.tick, at: policy.period.nanoseconds)
        for (index, strike) in faults.strikes.enumerated() { schedule(.strike(index), at: strike.start) }
        for minute in track.counts.indices {
            let start = Int64(minute) * Self.minute
            schedule(.minute, at: start + Self.minute)
            arrivals.draw(expected: track.requests(minute) * faults.surge(minute), start: start)
            for arrival in arrivals.instants {
                while queue.next <= arrival { handleNext() }
                arrive(arrival)
            }
            while queue.next <= start + Self.minute { handleNext() }
            progress(minute + 1)
        }
        while inFlight.value > 0 { handleNext() }
        for index in ec2.present { ec2.bill(index, now: end, isEnd: true, &ledger) }
        return tally.finish(ledger)
    }

    mutating func schedule(_ event: Event, at instant: Int64) {
        queue.schedule(event, at: instant, rank: event.rank)
    }

    private mutating func handleNext() {
        guard let event = queue.pop() else { preconditionFailure("\(inFlight.value) requests never end") }
        let now = queue.now
        switch event {
        case .batchEnded(let instance, let executor): batchEnded(instance, executor, now)
        case .alarm(let instance): alarm(instance, now)
        case .invocationEnded(let arrival, let waited, let start):
            invocationEnded(arrival, waited: waited, start, now)
        case .warmedUp(let start): lambda.ended(start, now: now)
        case .instance(let index, let stage): advance(index, stage, now)
        case .strike(let index): strike(faults.strikes[index], now)
        case .minute: endMinute(now)
        case .tick: tick(now)
        }
    }
}
