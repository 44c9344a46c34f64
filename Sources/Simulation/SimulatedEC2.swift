import Batching
import Histograms
import Planning
import Seeded

/// EC2 with a fleet on it: pools that run out and change their prices, instances and their bills.
struct SimulatedEC2 {
    static let zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
    /// A quota, so that a policy that has lost its head does not take the simulation along.
    static let instancesMax = 5000

    private let workload: Workload
    private let catalogue: Catalogue
    private let platform: Platform
    private(set) var machines: [SimulatedMachine] = []
    private var machinePositions: [String: Int] = [:]
    private var instancePositions: [String: Int] = [:]
    /// All that ever were; the ones that are gone are bare.
    var instances: [SimulatedInstance] = []
    /// Positions of those that are not gone, ascending.
    private(set) var present: [Int] = []
    /// Positions of those that take requests, in the order in which they began to.
    private(set) var serving: [Int] = []
    /// Of pools whose price is not the catalogue's.
    private(set) var spotPrices: [Pool: DollarsPerHour] = [:]
    private var launched: UInt64 = 0

    init(_ workload: Workload, _ catalogue: Catalogue, _ platform: Platform) {
        (self.workload, self.catalogue, self.platform) = (workload, catalogue, platform)
    }

    subscript(id: String) -> Int? { instancePositions[id] }

    /// How long a serving instance would take to answer one more request, in nanoseconds: what a router knows from its heartbeat.
    func completion(_ position: Int) -> Double {
        let index = serving[position]
        return Double(instances[index].inFlight + 1) * machines[instances[index].machine].perRequest
    }

    // MARK: Lives

    /// Adds an instance that boots.
    mutating func launch(_ pool: Pool, _ market: Market, now: Int64) -> Int {
        let machine = machine(pool.type, market)
        let instant = Duration.nanoseconds(now)
        launched += 1
        let digits = String(launched, radix: 16)
        let id = "i-" + String(repeating: "0", count: 17 - digits.count) + digits
        let view = Instance(
            id: id,
            type: pool.type,
            market: market,
            zone: pool.zone,
            state: .booting(since: instant),
            launchedAt: instant
        )
        var instance = SimulatedInstance(
            view: view,
            machine: machine,
            bouncer: Bouncer(machines[machine].policy)
        )
        instance.credits = machines[machine].type.burst.map { CPUCredits($0, platform.credits, now: now) }
        instancePositions[id] = instances.count
        present.append(instances.count)
        instances.append(instance)
        return instances.count - 1
    }

    private mutating func machine(_ type: String, _ market: Market) -> Int {
        let key = "\(type) \(market)"
        if let position = machinePositions[key] { return position }
        guard let row = catalogue[type], let machine = SimulatedMachine(row, market, workload, platform)
        else {
            preconditionFailure("\(type) was launched, which is unknown or cannot serve \(workload.name)")
        }
        machines.append(machine)
        machinePositions[key] = machines.count - 1
        return machines.count - 1
    }

    mutating func serve(_ index: Int, now: Int64) {
        instances[index].view.state = .serving(since: .nanoseconds(now))
        serving.append(index)
    }

    /// Takes no new requests any more.
    mutating func drain(_ index: Int, now: Int64) {
        instances[index].view.state = .draining(since: .nanoseconds(now))
        instances[index].bouncer.drain()
        serving.removeAll { $0 == index }
    }

    /// Ends an instance; what it had not answered is the caller's.
    mutating func end(_ index: Int, _ departure: Instance.Departure, now: Int64, _ ledger: inout Ledger) {
        let policy = machines[instances[index].machine].policy
        bill(index, now: now, isEnd: true, &ledger)
        instances[index].view.state = .gone(departure)
        instances[index].bouncer = Bouncer(policy)
        instances[index].inFlight = 0
        serving.removeAll { $0 == index }
        present.removeAll { $0 == index }
    }

    // MARK: Money

    private func price(_ instance: SimulatedInstance) -> DollarsPerHour {
        let machine = machines[instance.machine]
        guard instance.view.market == .spot else { return machine.onDemand }
        return spotPrices[instance.view.pool] ?? machine.type.spot?.price ?? machine.onDemand
    }

    /// Bills an instance up to an instant at the price of now, at its end by whole seconds and for the shortest time at least.
    ///
    /// What EC2 takes back within its first hour is billed here, though AWS lets it go.
    mutating func bill(_ index: Int, now: Int64, isEnd: Bool = false, _ ledger: inout Ledger) {
        let second: Int64 = 1_000_000_000
        var life = now - instances[index].view.launchedAt.nanoseconds
        if isEnd {
            life = max(platform.billedMin.nanoseconds, (life + second - 1) / second * second)
        }
        let machine = machines[instances[index].machine]
        if life > instances[index].billed {
            let unbilled = Duration.nanoseconds(life - instances[index].billed)
            ledger.post(price(instances[index]) * unbilled, to: machine.kind.line)
            instances[index].billed = life
        }
        if let surplus = instances[index].credits?.takeBill(now: now, isEnd: isEnd), surplus > .zero {
            ledger.post(surplus, to: .surplusCredits)
        }
    }

    /// Changes the spot price of a pool, up to what is paid on demand.
    mutating func setPrice(of pool: Pool, factor: Double, now: Int64, _ ledger: inout Ledger) {
        guard let type = catalogue[pool.type], let spot = type.spot?.price else { return }
        // What was used until now was used at the old price.
        for index in present where instances[index].view.pool == pool { bill(index, now: now, &ledger) }
        spotPrices[pool] = min(type.onDemand, spot * factor)
    }

    func hasSpot(_ type: String) -> Bool { catalogue[type]?.spot != nil }
    func interruptionsPerHour(_ type: String) -> Double { catalogue[type]?.spot?.interruptionsPerHour ?? 0 }

    /// Pools of the types that can run the model, sorted.
    var pools: [Pool] {
        workload.machines.keys.sorted().flatMap { type in Self.zones.map { Pool(type: type, zone: $0) } }
    }
}

extension CapacityKind {
    fileprivate var line: Ledger.Line {
        switch self {
        case .lambda: .lambdaDuration
        case .provisionedConcurrency: .provisionedConcurrency
        case .burstable: .burstable
        case .spot: .spot
        case .onDemand: .onDemand
        case .managed: .managed
        }
    }
}
