/// A plan under way: the fleet as it will be, and the decisions that make it so.
struct PlanDraft {
    let view: PlannerView
    private(set) var decisions: [Decision] = []
    /// What serves or will, with what is decided.
    var stack: FleetStack
    /// Taken back by EC2, or likely to be: they serve while they can and are counted out.
    let warned: [Instance]
    /// All that are billed.
    var instanceCount: Int
    var pricePerHour: Double
    /// What may be launched, none of it at once weaker and dearer a request than another.
    let efficient: [Offer]
    private let efficientOnDemand: [Offer]
    private let pools: [Market: SpotPools]
    private var pooled: [Pool: Int]

    /// Launches of a tick at most.
    private static let launchesMax = 64

    init(_ observation: Observation, _ view: PlannerView, _ pools: [Market: SpotPools]) {
        self.view = view
        self.pools = pools
        efficient = Self.efficient(view.launchable, view)
        efficientOnDemand = Self.efficient(view.launchable.filter { $0.market == .onDemand }, view)
        let usable = observation.instances.filter(\.isUsable)
        warned = usable.filter { $0.warning != nil }
        let offers = view.offers
        stack = FleetStack(
            usable.filter { $0.warning == nil },
            capacity: { view.capacity($0, offers) },
            price: { view.price($0, offers) }
        )
        let billed = observation.instances.filter { if case .gone = $0.state { false } else { true } }
        instanceCount = billed.count
        pricePerHour = billed.reduce(0) { $0 + 60 * view.price($1, offers) }
        pooled = Dictionary(billed.map { ($0.pool, 1) }, uniquingKeysWith: +)
    }

    mutating func decide(_ action: Action, because reason: Reason, insteadOf: Decision.RunnerUp? = nil) {
        decisions.append(Decision(action, because: reason, insteadOf: insteadOf))
    }

    /// Requests a minute that serving instances take.
    var servingCapacity: Double {
        stack.layers.reduce(0) { $0 + ($1.instance.isServing ? $1.capacity : 0) }
    }

    /// Requests a minute of what is under notice or does not serve yet: Lambda has to be ready for them.
    var capacityAtRisk: Double {
        warned.reduce(0) { $0 + view.capacity($1, view.offers) }
            + stack.layers.reduce(0) { $0 + ($1.instance.isServing ? 0 : $1.capacity) }
    }

    /// Requests per second that so many Lambda environments serve.
    func rate(of environments: Int) -> Double {
        Double(environments) / max(1e-9, view.workload.function.latency / .seconds(1))
    }

    // MARK: Launches

    /// What is launched can make others superfluous, and what is released room for something smaller: until nothing changes.
    mutating func settle() {
        launch()
        for _ in 0..<Self.roundsMax {
            let before = stack
            release()
            guard stack != before else { return }
            launch()
        }
    }

    private static let roundsMax = 4

    /// One after the other as long as one pays, each of the kind that would save most on what is above the fleet.
    mutating func launch() {
        while newInstances < Self.launchesMax, let choice = choose() {
            let reason = warned.first.map { Reason.replacesInterrupted(instance: $0.id) } ?? choice.reason
            guard add(choice.offer, because: reason, insteadOf: choice.runnerUp) else { return }
        }
    }

    /// For a load that is missed now, whatever is expected.
    mutating func launch(rate: Double, because reason: Reason) {
        guard
            let offer = efficient.first(where: { PlannerView.capacity($0) >= rate }) ?? efficient.last
        else { return }
        var rest = rate
        while rest > 0, newInstances < Self.launchesMax {
            guard add(offer, because: reason, insteadOf: nil) else { return }
            rest -= PlannerView.capacity(offer)
        }
    }

    /// Whether Lambda could take over what the fullest spot pool serves, with as much again left for others.
    private var isSpotSafe: Bool {
        var spot: [Pool: Double] = [:]
        for layer in stack.layers where layer.instance.market == .spot {
            spot[layer.instance.pool, default: 0] += layer.capacity
        }
        let concurrency = (spot.values.max() ?? 0) / 60 * (view.workload.function.latency / .seconds(1))
        return concurrency <= Double(view.settings.lambdaConcurrencyMax) / 2
    }

    private var newInstances: Int { stack.layers.count { $0.instance.id.isEmpty } }

    /// A launch above the fleet, and why.
    struct Choice {
        let offer: Offer
        let reason: Reason
        let runnerUp: Decision.RunnerUp?
    }

    /// What saves most above the fleet; nil when nothing does.
    func choose() -> Choice? {
        // What EC2 may take back at once, Lambda has to be able to serve at once.
        let offers = isSpotSafe ? efficient : efficientOnDemand
        let worths = offers.compactMap {
            offer -> (offer: Offer, first: PlannerView.Appraisal, total: Double)? in
            fill(offer, base: stack.top).map { (offer, $0.first, $0.total) }
        }
        guard let best = worths.max(by: { $0.total < $1.total }) else { return nil }
        let second = worths.filter { $0.offer != best.offer }.max { $0.total < $1.total }
        let runnerUp =
            second.map {
                Decision.RunnerUp(name: $0.offer.pool, costsMore: Dollars(best.total - $0.total))
            } ?? Decision.RunnerUp(name: "Lambda", costsMore: Dollars(max(0, best.first.saves)))
        let reason: Reason =
            best.first.isForecast
            ? .forecast(expected: best.first.expected, capacity: best.first.capacity)
            : .sustainedDemand(rate: best.first.expected, capacity: best.first.capacity)
        return Choice(offer: best.offer, reason: reason, runnerUp: runnerUp)
    }

    /// What an offer's instances would be worth above `base`, as many as pay; nil when none does.
    private func fill(_ offer: Offer, base: Double) -> (first: PlannerView.Appraisal, total: Double)? {
        var (base, total) = (base, 0.0)
        var first: PlannerView.Appraisal?
        // Where few more are allowed, strong ones can be worth more than cheap ones.
        for _ in 0..<min(Self.launchesMax, allowed(offer)) {
            let appraisal = view.appraiseLaunch(offer, base: base)
            guard appraisal.worth >= 0, appraisal.pays else { break }
            first = first ?? appraisal
            total += appraisal.saves
            base += PlannerView.capacity(offer)
        }
        return first.map { ($0, total) }
    }

    /// Offers of which none is at once weaker and cheaper a request than another, by rising capacity.
    private static func efficient(_ offers: [Offer], _ view: PlannerView) -> [Offer] {
        var kept: [Offer] = []
        var least = Double.infinity
        let sorted = offers.map { ($0, PlannerView.capacity($0), view.price($0)) }
            .sorted { ($0.1, $0.2, $0.0.pool) < ($1.1, $1.2, $1.0.pool) }
        for (offer, capacity, price) in sorted where price / capacity < least {
            least = price / capacity
            kept.append(offer)
        }
        return kept
    }

    /// Dollars an hour that the budget leaves.
    private var budgetLeft: Double {
        (view.settings.budget.map(\.amount) ?? .infinity) - pricePerHour + 1e-9
    }

    /// How many instances of an offer the limits leave room for.
    private func allowed(_ offer: Offer) -> Int {
        let affordable = max(0, budgetLeft) / offer.price.amount
        return min(max(0, view.settings.instancesMax - instanceCount), Int(min(affordable, 10_000)))
    }

    /// - Parameter pools: to ask; nil: all that are as good.
    /// - Returns: false when the limits allow no more.
    private mutating func add(
        _ offer: Offer,
        _ pools: [Pool]? = nil,
        because reason: Reason,
        insteadOf: Decision.RunnerUp?
    ) -> Bool {
        guard instanceCount < view.settings.instancesMax else { return false }
        // EC2 may take any of them, so that each has to be within the budget.
        let pools = (pools ?? self.pools(offer)).filter { price($0, offer.market) <= budgetLeft }
        guard let first = pools.first else { return false }
        instanceCount += 1
        pricePerHour += pools.reduce(0) { max($0, price($1, offer.market)) }
        pooled[first, default: 0] += 1
        let instance = Instance(
            id: "",
            type: offer.type.name,
            market: offer.market,
            zone: first.zone,
            state: .requested(at: view.now),
            launchedAt: view.now
        )
        stack.insert(instance, capacity: PlannerView.capacity(offer), price: view.price(offer))
        say(Action.Launch(market: offer.market, pools: pools, count: 1), reason, insteadOf)
        return true
    }

    /// Dollars an hour of an instance from a pool.
    func price(_ pool: Pool, _ market: Market) -> Double {
        if market == .spot, let current = view.observation.spotPrices[pool] { return current.amount }
        return view.offers.first { $0.type.name == pool.type && $0.market == market }?.price.amount ?? 0
    }

    /// Joins it to the launch before when they ask the same pools.
    private mutating func say(_ launch: Action.Launch, _ reason: Reason, _ insteadOf: Decision.RunnerUp?) {
        if case .launch(let before)? = decisions.last?.action, before.market == launch.market,
            before.pools == launch.pools, let last = decisions.popLast()
        {
            let joined = Action.Launch(market: before.market, pools: before.pools, count: before.count + 1)
            return decide(.launch(joined), because: last.reason, insteadOf: last.runnerUp)
        }
        decide(.launch(launch), because: reason, insteadOf: insteadOf)
    }

    /// Pools with instances that can do as much for about as little, in the order of preference.
    func pools(_ offer: Offer) -> [Pool] {
        let equals = view.launchable.filter { other in
            other.market == offer.market && PlannerView.capacity(other) >= PlannerView.capacity(offer)
        }
        let prices = view.observation.spotPrices
        return (pools[offer.market] ?? SpotPools()).ranked(
            equals,
            zones: view.settings.zones,
            now: view.now,
            price: { offer.market == .spot ? prices[$0] : nil },
            count: { pooled[$0] ?? 0 }
        )
    }

    /// A launch whose instance will make others superfluous.
    mutating func replace(with offer: Offer, in pools: [Pool], saves: DollarsPerHour) {
        let runnerUp = Decision.RunnerUp(name: "keep what is there", costsMore: saves * .seconds(3600))
        _ = add(offer, pools, because: .consolidation(saves: saves), insteadOf: runnerUp)
    }
}
