extension Planner {
    /// The budget of misses burns within minutes: what queued or was refused gets instances at once, at most once a launch delay, and the
    /// forecast, which did not see it coming, is not trusted for a while.
    mutating func feedBack(_ burn: Double, _ observation: Observation, _ draft: inout PlanDraft) {
        let now = observation.now
        distrustUntil = now + .seconds(600)
        if let feedbackAt, now > feedbackAt, now - feedbackAt < draft.view.launchDelay + period { return }
        let outcomes = observation.outcomes
        let starved = outcomes.queued + outcomes.refused
        guard starved > 0, outcomes.total > 0, let load = draft.view.history.last else { return }
        feedbackAt = now
        draft.launch(
            rate: load * Double(starved) / Double(outcomes.total),
            because: .sloBurn(rate: burn)
        )
    }

    /// Lambda environments for what instances will not take.
    mutating func reserve(_ burn: SLOMonitor.State, _ draft: inout PlanDraft) {
        let view = draft.view
        let latency = workload.function.latency
        let spill = LambdaReserve(view.outlook, taken: draft.servingCapacity, latency: latency)
        var count = spill.warm(atRisk: draft.capacityAtRisk / 60)
        if settings.usesProvisionedConcurrency {
            let lasting = LambdaReserve(view.outlook, taken: draft.stack.top, latency: latency)
            // Cheaper while it is busy; and where cold starts break the objective, the price of keeping it.
            let needed = monitor.cannotBearColdStarts(now: view.now) ? count : 0
            provision(min(max(worthProvisioning(lasting), needed), settings.lambdaConcurrencyMax), &draft)
        }
        guard settings.warmsUp else { return }
        if isQuiet(view) { count = 0 }
        if case .fast(let rate) = burn {
            count += Int((rate * (1 - workload.target) * Double(count)).rounded(.up))
        }
        warm(min(count, settings.lambdaConcurrencyMax), &draft)
    }

    /// Whether nothing has come for ten minutes, and no more is expected than what a load that has ended leaves in a forecast for an hour:
    /// a quantile alone would keep an environment awake for ever.
    private func isQuiet(_ view: PlannerView) -> Bool {
        let next = view.outlook.means.first ?? 0
        let rest = max(1, Self.rest * (view.history.max() ?? 0))
        return !view.history.suffix(10).contains { $0 > 0 } && next < rest
    }

    /// Of the busiest minute.
    private static let rest = 0.01

    private func worthProvisioning(_ reserve: LambdaReserve) -> Int {
        let prices = catalogue.lambda(settings.functionArchitecture)
        let gigabytes = Double(workload.function.memoryMiB) / 1024
        return reserve.provisioned(
            price: gigabytes * prices.provisionedPerGBSecond,
            saving: gigabytes * (prices.perGBSecond - prices.provisionedRunPerGBSecond)
        )
    }

    /// It is billed by five minutes at least: a smaller number has to wait for that.
    private mutating func provision(_ count: Int, _ draft: inout PlanDraft) {
        let (now, current) = (draft.view.now, draft.view.observation.provisionedConcurrency)
        let isLarger = Double(count) > 1.1 * Double(current)
        let isSmaller = Double(count) < 0.8 * Double(current)
        let mayShrink = provisionedAt.map { now - $0 >= .seconds(300) } ?? true
        guard isLarger || isSmaller && mayShrink else { return }
        provisionedAt = now
        draft.decide(.provision(environments: count), because: .spill(rate: draft.rate(of: count)))
    }

    /// Environments fall asleep after some minutes: they are woken again every five, or when more are needed.
    private mutating func warm(_ count: Int, _ draft: inout PlanDraft) {
        let now = draft.view.now
        guard count > 0 else {
            warmed = nil
            return
        }
        if let warmed, now - warmed.at < .seconds(300), count <= warmed.environments { return }
        warmed = Warmed(environments: count, at: now)
        draft.decide(.warm(environments: count), because: .spill(rate: draft.rate(of: count)))
    }
}
