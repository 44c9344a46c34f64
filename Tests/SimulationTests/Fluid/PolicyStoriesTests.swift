import Planning
import Simulation
import Testing

/// Policies on a fleet whose instances take a while, drawn as digits a tick.
@Suite struct `A scaling policy` {
    /// A fleet that does what it is told; a load of 1 keeps one instance fully busy.
    struct Story {
        /// Ticks until a launched instance serves.
        let boot: Int
        var instances: [(instance: Instance, readyAt: Int)] = []
        var tick = 0

        init(boot: Int, start: Int) {
            self.boot = boot
            for number in 0..<start { launch("s\(number)", readyAt: 0, at: .zero) }
        }

        private mutating func launch(_ id: String, readyAt: Int, at now: Duration) {
            let state: Instance.State = readyAt > tick ? .booting(since: now) : .serving(since: now)
            let instance = Instance(
                id: id,
                type: "one",
                market: .onDemand,
                zone: "us-east-1a",
                state: state,
                launchedAt: now
            )
            instances.append((instance, readyAt))
        }

        /// A tick with some load since the one before; the count of instances that serve or will.
        mutating func play(_ load: Double, _ policy: inout some ScalingPolicy) -> Int {
            tick += 1
            let now = policy.period * tick
            for index in instances.indices where instances[index].readyAt <= tick {
                instances[index].instance.state = .serving(since: now)
            }
            let serving = instances.filter(\.instance.isServing).count
            let observation = Observation(
                now: now,
                demand: [load],
                instances: instances.map(\.instance),
                utilisation: serving > 0 ? min(1, load / Double(serving)) : nil,
                concurrency: load
            )
            for decision in policy.plan(observation) {
                switch decision.action {
                case .launch(let launch):
                    for number in 0..<launch.count {
                        self.launch("\(tick).\(number)", readyAt: tick + boot, at: now)
                    }
                case .drain(let id): instances.removeAll { $0.instance.id == id }
                case .provision, .warm: continue
                }
            }
            return instances.count
        }
    }

    static func play(_ loads: String, boot: Int, start: Int, _ policy: some ScalingPolicy) -> String {
        var policy = policy
        var story = Story(boot: boot, start: start)
        return loads.map { String(story.play(Double($0.wholeNumberValue ?? 0), &policy)) }.joined()
    }

    static let fleet = ScaledFleet(type: "one", counts: 1...9)

    @Test(arguments: [
        ("1133333311", "2255555522"),  // 3 / 0.7 is 4.3: five
        ("1100000000", "2211111111"),  // never below one
        ("1999999999", "2999999999"),  // never above nine
    ])
    func `that is proportional follows the last minute`(loads: String, counts: String) {
        let policy = ProportionalScaling(Self.fleet, capacity: 1, target: 0.7)
        #expect(Self.play(loads, boot: 2, start: 1, policy) == counts)
    }

    @Test(arguments: [
        ("111311331333311", "222222222225555"),  // a surge of two minutes is none; the third counts
        ("333311111111111111111", "225555555555555555222"),  // 15 quiet minutes
    ])
    func `that tracks a target waits for three minutes up and fifteen down`(loads: String, counts: String) {
        let policy = ProportionalScaling.targetTracking(
            Self.fleet,
            LayerCosts(capacity: 1, price: 1, lambda: 1, launchTicks: 2),
            raiseAfter: 3
        )
        #expect(Self.play(loads, boot: 2, start: 2, policy) == counts)
    }

    @Test(arguments: [
        // 2 pods at 100 % of a target of 50 %: four; those that boot count as idle, so that it does not ask for more.
        ("1444444444", "2444488888", 4),
        // Within a tenth of the target nothing happens.
        ("1111111111", "2222222222", 4),
        // Down only after 20 ticks, to the most that was recommended in them.
        ("4411111111111111111111111111", "4888888888888888888882222222", 0),
    ])
    func `like Kubernetes' scales by utilisation and stabilises for 300 s`(
        loads: String,
        counts: String,
        boot: Int
    ) {
        let policy = HorizontalPodAutoscaler(Self.fleet, utilisationTarget: 0.5)
        #expect(Self.play(loads, boot: boot, start: 2, policy) == counts)
    }

    @Test(arguments: [
        // Three ticks' mean asks for twice the one pod that is ready: it panics, and does not wait for the minute's mean.
        ("1111666666", "1111356666", 9),
        // It gives nothing back until a minute has passed without panic.
        (
            "11116" + String(repeating: "1", count: 32),
            "1111" + String(repeating: "3", count: 31) + "11", 0
        ),
        // Without panic it follows the minute's mean.
        ("2222333333333", "2222333333333", 0),
    ])
    func `like Knative's follows a minute, and six seconds in a panic`(
        loads: String,
        counts: String,
        boot: Int
    ) {
        let policy = KnativePodAutoscaler(Self.fleet, concurrencyTarget: 1)
        #expect(Self.play(loads, boot: boot, start: counts.first?.wholeNumberValue ?? 1, policy) == counts)
    }

    @Test(arguments: [
        // An instance saves 1 a tick when busy, and a launch costs 2: bought after the second busy tick, left after two idle ones.
        ("011110000", "001111000"),
        ("010101010", "000000000"),
        ("011101110", "001111111"),
        ("022220000", "002222000"),
    ])
    func `that is a work function buys once Lambda's overspend is a launch`(loads: String, counts: String) {
        let costs = LayerCosts(capacity: 1, price: 1, lambda: 2, launchTicks: 2)
        let policy = LayeredWorkFunction(ScaledFleet(type: "one"), costs)
        #expect(Self.play(loads, boot: 0, start: 0, policy) == counts)
    }

    @Test func `like MArk's code never shrinks`() {
        let costs = LayerCosts(capacity: 1, price: 1, lambda: 2, launchTicks: 2)
        let policy = ProportionalScaling.markAsShipped(ScaledFleet(type: "one"), costs)
        #expect(Self.play("012530100", boot: 2, start: 0, policy) == "023666666")
    }

    @Test func `that is greedy buys for the request that costs the least, and the residual as well`() {
        let candidates = [("small", 10.0, 1.2), ("large", 40.0, 4.0)].map { name, capacity, price in
            GreedyProvisioning.Candidate(
                ScaledFleet(type: name, market: .spot),
                LayerCosts(capacity: capacity, price: price, lambda: 1, launchTicks: 2)
            )
        }
        let policy = GreedyProvisioning(candidates, horizon: 2)
        func launches(_ demand: Double) -> [String: Int] {
            let launches = policy.plan(Observation(now: .zero, demand: [demand])).compactMap { decision in
                if case .launch(let launch) = decision.action { launch } else { nil }
            }
            return Dictionary(uniqueKeysWithValues: launches.map { ($0.pools[0].type, $0.count) })
        }
        #expect(launches(85) == ["large": 2, "small": 1])
        #expect(launches(75) == ["large": 2])
        #expect(launches(8) == ["small": 1])
    }
}
