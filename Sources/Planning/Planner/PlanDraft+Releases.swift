/// What has to go, and what is not worth its price any more.
extension PlanDraft {
    /// An instance that does not serve ten minutes after it should is given up.
    mutating func leaveUnhealthy() {
        for layer in stack.layers where !layer.instance.isServing {
            let age = view.now - layer.instance.launchedAt
            guard age > view.launchDelay + .seconds(600) else { continue }
            decide(.drain(instance: layer.instance.id), because: .unhealthy)
            stack.remove(layer.instance.id)
        }
    }

    /// Limits may have been lowered, or prices have risen.
    mutating func keepLimits() {
        let settings = view.settings
        let budget = settings.budget.map(\.amount) ?? .infinity
        // Those that drain are on their way out already: counting them would end more at every tick until they are gone.
        var (count, price) = (stack.layers.count, stack.pricePerHour)
        while let top = stack.layers.last, count > settings.instancesMax || price > budget + 1e-9 {
            decide(.drain(instance: top.instance.id), because: .limits)
            count -= 1
            price -= 60 * top.price
            stack.removeTop()
        }
    }

    /// From the top, as long as the topmost is not worth its price.
    mutating func release() {
        while let top = stack.topServing, !top.instance.id.isEmpty {
            let appraisal = view.appraiseKeeping(top)
            guard appraisal.worth <= 0, !wouldComeAgain(top) else { break }
            stack.removeTop()
            decide(
                .drain(instance: top.instance.id),
                because: appraisal.isForecast
                    ? .forecastLow(expected: appraisal.expected, capacity: appraisal.capacity)
                    : .idle(rate: appraisal.expected, capacity: appraisal.capacity),
                insteadOf: Decision.RunnerUp(name: "keep it", costsMore: Dollars(-appraisal.worth))
            )
        }
    }

    /// Whether the plan without it would ask its pool for another.
    ///
    /// A launch is weighed at its cheapest pool's price, and EC2 may choose a dearer one: what is worth its price in one pool and not in
    /// another would come and go with every plan. Whether to replace it is for `consolidate` to weigh.
    private func wouldComeAgain(_ top: FleetStack.Layer) -> Bool {
        var without = self
        without.stack.removeTop()
        without.instanceCount -= 1
        without.pricePerHour -= 60 * top.price
        guard let choice = without.choose() else { return false }
        return choice.offer.market == top.instance.market
            && without.pools(choice.offer).contains(top.instance.pool)
    }

    /// Instances that may soon be taken back go once what replaces them serves.
    mutating func releaseWarned() {
        guard stack.layers.allSatisfy({ $0.instance.isServing }) else { return }
        for instance in warned where instance.warning == .rebalance {
            decide(.drain(instance: instance.id), because: .replacesInterrupted(instance: instance.id))
        }
    }
}
