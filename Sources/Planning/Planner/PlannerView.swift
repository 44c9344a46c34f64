/// A tick as the planner sees it: what is expected, what it would cost on Lambda, and what could be launched.
///
/// Rates are in requests per minute, prices in dollars per minute.
struct PlannerView {
    let workload: Workload
    let settings: PlannerSettings
    let observation: Observation
    let now: Duration
    let outlook: LoadOutlook
    /// Known loads of the last two hours, a gap as the load before it; all with the headroom that the objective asks for.
    let history: [Double]
    /// Dollars that a request costs more on Lambda than the way to an instance.
    let lambdaCost: Double
    /// 0: plan by what was; 1: by what is expected.
    let trust: Double
    /// From a launch to service, in ticks.
    let launchTicks: Int
    let launchDelay: Duration
    /// All that can run the model: what instances are worth.
    let offers: [Offer]
    /// Those that may be launched now.
    let launchable: [Offer]

    /// Loads a minute beyond which an instance of an offer is not planned to be used.
    static func capacity(_ offer: Offer) -> Double { offer.sustained * 60 }

    /// What an instance of an offer costs a minute, with what an interruption costs times how likely one is.
    func price(_ offer: Offer) -> Double {
        let price = offer.price.amount / 60
        guard offer.market == .spot, let hazard = offer.type.spot?.interruptionsPerHour else { return price }
        let launch = price * Double(launchTicks)
        let uncovered = max(0, launchDelay / .seconds(60) - 2) * Self.capacity(offer) * lambdaCost
        return price + hazard / 60 * (launch + uncovered)
    }

    /// Requests a minute of an instance that is there; one of a type that nothing is known of takes none, and goes.
    func capacity(_ instance: Instance, _ offers: [Offer]) -> Double {
        offer(instance, offers).map { Self.capacity($0) } ?? 0
    }

    func price(_ instance: Instance, _ offers: [Offer]) -> Double {
        let current = observation.spotPrices[instance.pool]
        if instance.market == .spot, let current { return current.amount / 60 }
        return offer(instance, offers).map { price($0) } ?? 0
    }

    private func offer(_ instance: Instance, _ offers: [Offer]) -> Offer? {
        offers.first { $0.type.name == instance.type && $0.market == instance.market }
    }

    // MARK: Layers

    /// What an instance is worth on a layer.
    struct Appraisal {
        /// Dollars that it saves, as far as the outlook reaches, weighed with what the past says; of a launch: if not negative, do it.
        let worth: Double
        /// Dollars that it is expected to save against Lambda, launch and all, as far as the outlook reaches.
        let saves: Double
        /// What it is expected to serve once it does, in requests per second.
        let expected: Double
        let capacity: Double
        /// Whether the forecast alone decided.
        let isForecast: Bool
        /// Whether it is expected to cost less than Lambda once it serves.
        let pays: Bool
    }

    /// What the past weighs beside a forecast that is trusted.
    ///
    /// Where they disagree, the forecast has to promise this share of a launch's cost. Without it layers that are about even come and go;
    /// 0.2 cost least on six traces, and at 5 requests/s six percent less than none.
    private static let doubt = 0.2

    func appraiseLaunch(_ offer: Offer, base: Double) -> Appraisal {
        let (capacity, price) = (Self.capacity(offer), price(offer))
        let layer = layer(base: base, capacity: capacity)
        let advantage = LayerPlan(lambda: layer, price: price, launchTicks: launchTicks)
            .advantage(remaining: launchTicks)
        let launch = price * Double(max(1, launchTicks))
        let evidence = evidence(base: base, capacity: capacity, price: price)
        let worth = trust * advantage + (1 - trust * (1 - Self.doubt)) * launch * (evidence - 1)
        return appraisal(layer, worth, capacity, price)
    }

    /// Negative or zero: let it go.
    func appraiseKeeping(_ layer: FleetStack.Layer) -> Appraisal {
        let loads = self.layer(base: layer.base, capacity: layer.capacity)
        let advantage = LayerPlan(lambda: loads, price: layer.price, launchTicks: launchTicks)
            .advantage(remaining: remainingTicks(layer.instance))
        let launch = layer.price * Double(max(1, launchTicks))
        let evidence = evidence(base: layer.base, capacity: layer.capacity, price: layer.price)
        let worth = trust * advantage + (1 - trust * (1 - Self.doubt)) * launch * evidence
        return appraisal(loads, worth, layer.capacity, layer.price)
    }

    private func appraisal(_ layer: [Double], _ worth: Double, _ capacity: Double, _ price: Double)
        -> Appraisal
    {
        let served = layer.dropFirst(launchTicks)
        let mean = served.isEmpty ? layer[layer.count - 1] : served.reduce(0, +) / Double(served.count)
        return Appraisal(
            worth: worth,
            saves: served.reduce(0, +) - price * Double(layer.count),
            expected: lambdaCost > 0 ? mean / lambdaCost / 60 : 0,
            capacity: capacity / 60,
            isForecast: trust >= 0.5,
            pays: mean > price
        )
    }

    /// Dollars a minute that Lambda is expected to cost on a layer.
    private func layer(base: Double, capacity: Double) -> [Double] {
        zip(outlook.excess(over: base), outlook.excess(over: base + capacity)).map {
            lambdaCost * max(0, $0 - $1)
        }
    }

    private func evidence(base: Double, capacity: Double, price: Double) -> Double {
        var work = WorkFunction(price: price, launchTicks: launchTicks)
        for load in history { work.observe(lambda: lambdaCost * min(max(load - base, 0), capacity)) }
        return work.evidence
    }

    /// Ticks until an instance serves; 0 when it does.
    func remainingTicks(_ instance: Instance) -> Int {
        guard !instance.isServing else { return 0 }
        let rest = (instance.launchedAt + launchDelay - now) / .seconds(60)
        return min(max(Int(rest.rounded(.up)), 1), launchTicks)
    }
}
