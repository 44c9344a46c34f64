/// Decides how many of which instances to run, once a minute: MArk for Swift's own policy.
///
/// Demand is cut into layers, each as high as an instance is strong, and Lambda serves what no instance does. For each layer a dynamic
/// program over the forecast's distribution weighs an instance against Lambda, and, as far as the forecast cannot be trusted, the work
/// function algorithm does over the last two hours. MArk's greedy provisioning (section 4.1) buys for the predicted maximum and knows no
/// Lambda layer, so that its last instance is nearly idle; what a launch costs makes hysteresis here, not a constant.
///
/// What is decided depends on the observation and on a memory that may be lost: the same fleet comes of it. Planning again
/// after the plan has been carried out changes nothing.
package struct Planner: ScalingPolicy, Equatable {
    package let period = Duration.seconds(60)
    package let workload: Workload
    package let catalogue: Catalogue
    package let settings: PlannerSettings

    // Memory.
    package internal(set) var trust = ForecastTrust()
    package internal(set) var monitor: SLOMonitor
    package internal(set) var pools = SpotPools()
    /// Pools that had nothing on demand: what is taken back on the spot market can still be bought.
    package internal(set) var onDemandPools = SpotPools()
    /// What the last plan asked EC2 for.
    var asked: [Market: Set<Pool>] = [:]
    var lastTick: Duration?
    /// The last launch because of misses, and until when the forecast is not trusted.
    var feedbackAt: Duration?
    var distrustUntil: Duration?
    var warmed: Warmed?
    var provisionedAt: Duration?

    package init(_ workload: Workload, _ catalogue: Catalogue, _ settings: PlannerSettings = .init())
        throws(InvalidPlannerSettings)
    {
        try settings.check()
        (self.workload, self.catalogue, self.settings) = (workload, catalogue, settings)
        monitor = SLOMonitor(target: workload.target)
    }

    package mutating func plan(_ observation: Observation) -> [Decision] {
        remember(observation)
        let view = view(observation)
        var draft = PlanDraft(observation, view, [.spot: pools, .onDemand: onDemandPools])
        draft.leaveUnhealthy()
        draft.keepLimits()
        let burn = monitor.state(now: observation.now)
        if case .fast(let rate) = burn { feedBack(rate, observation, &draft) }
        draft.settle()
        draft.releaseWarned()
        draft.consolidate()
        reserve(burn, &draft)
        rememberAsked(draft.decisions)
        return draft.decisions
    }

    struct Warmed: Equatable, Sendable {
        let environments: Int
        let at: Duration
    }

    // MARK: Memory

    /// A tick that comes again, or late, is not counted twice.
    private mutating func remember(_ observation: Observation) {
        let now = observation.now
        rememberFailures(observation)
        if let lastTick, now <= lastTick { return }
        lastTick = now
        rememberDemand(observation)
        monitor.observe(observation.outcomes, now: now)
    }

    /// Counts come late, and sometimes several minutes' at once.
    private mutating func rememberDemand(_ observation: Observation) {
        let last = Int((observation.now / .seconds(60)).rounded(.down)) - observation.demandLag
        let unseen = trust.minute.map { last - $0 } ?? 1
        guard unseen > 0 else { return }
        for (index, count) in observation.demand.suffix(unseen).enumerated() {
            let minute = last - min(unseen, observation.demand.count) + 1 + index
            trust.observe(count, minute: minute, forecasts: minute == last ? observation.forecasts : [])
        }
    }

    // MARK: View

    func view(_ observation: Observation) -> PlannerView {
        let now = observation.now
        let headroom = monitor.headroom
        var last = 0.0
        let history = observation.demand.map { count in
            last = count ?? last
            return last * headroom
        }
        let delay = launchDelay(observation)
        let prices = catalogue.lambda(settings.functionArchitecture)
        let offers = offers(observation)
        let isDistrusted = distrustUntil.map { now < $0 } ?? false
        return PlannerView(
            workload: workload,
            settings: settings,
            observation: observation,
            now: now,
            outlook: LoadOutlook(observation.forecasts, last: last).later(by: observation.demandLag)
                .scaled(by: headroom),
            history: history,
            lambdaCost: max(0, workload.lambdaCost(prices).amount - settings.routing),
            trust: observation.forecasts.isEmpty || isDistrusted ? 0 : trust.value,
            launchTicks: Int((delay / .seconds(60)).rounded(.up)),
            launchDelay: delay,
            offers: offers,
            launchable: offers.filter { isLaunchable($0, now: now) }
        )
    }

    /// As the fleet took, its slowest tenth aside; before that, as it is set.
    private func launchDelay(_ observation: Observation) -> Duration {
        let delays = observation.instances.compactMap { instance -> Duration? in
            guard case .serving(let since) = instance.state else { return nil }
            return since - instance.launchedAt
        }.sorted()
        guard !delays.isEmpty else { return settings.launchDelay }
        let delay = delays[Int(0.9 * Double(delays.count - 1))]
        return min(max(delay, .zero), .seconds(900))
    }

    /// All kinds of instances that can run the model, at current prices.
    func offers(_ observation: Observation) -> [Offer] {
        catalogue.types.flatMap { type -> [Offer] in
            guard let capacity = settings.capacities[type.name] ?? workload.capacity(type.name) else {
                return []
            }
            return Market.allCases.compactMap { market in
                guard let listed = type.price(market) else { return nil }
                // Zones whose price is not known are taken to be at the list's.
                let current = settings.zones.map {
                    observation.spotPrices[Pool(type: type.name, zone: $0)] ?? listed
                }.min()
                let price = market == .spot ? current ?? listed : listed
                return Offer(type: type, market: market, capacity: capacity, price: price)
            }
        }
    }

    private func isLaunchable(_ offer: Offer, now: Duration) -> Bool {
        guard settings.markets.contains(offer.market), settings.types?.contains(offer.type.name) ?? true
        else {
            return false
        }
        return settings.zones.contains {
            pools(offer.market).isOpen(Pool(type: offer.type.name, zone: $0), now: now)
        }
    }
}
