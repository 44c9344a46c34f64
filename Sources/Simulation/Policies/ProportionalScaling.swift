import Forecasting
package import Planning

/// As many instances as the load fills to a target: the rule of most autoscalers, and of most that is simple.
///
/// It raises the count once as many ticks as `raiseAfter` have asked for more than there is, to what the last asks for, and lowers it
/// once `lowerAfter` have asked for less, to the most of them.
package struct ProportionalScaling: ScalingPolicy, Equatable {
    package enum Load: Equatable, Sendable {
        /// Of the last minute: persistence.
        case last
        /// The busiest minute of those that are forecast, at least so many minutes ahead; the last minute without a forecast.
        case forecastMax(horizon: Int)
    }

    package enum Rounding: Equatable, Sendable {
        /// The last instance may be nearly idle.
        case up
        /// Lambda takes what fills the last instance with fewer requests in a minute than these.
        case from(breakEven: Double)
    }

    package let period = Duration.seconds(60)
    package let fleet: ScaledFleet
    /// C: requests in a minute that an instance takes.
    package let capacity: Double
    /// The share of it that is to be used; below 1 with headroom.
    package let target: Double
    package let load: Load
    package let rounding: Rounding
    package let raiseAfter: Int
    /// Nil: never.
    package let lowerAfter: Int?
    /// What the last ticks asked for.
    private var asked: [Int] = []

    package init(
        _ fleet: ScaledFleet,
        capacity: Double,
        target: Double = 1,
        load: Load = .last,
        rounding: Rounding = .up,
        raiseAfter: Int = 1,
        lowerAfter: Int? = 1
    ) {
        precondition(capacity > 0 && target > 0 && raiseAfter > 0, "capacity, target and ticks are positive")
        (self.fleet, self.capacity, self.target) = (fleet, capacity, target)
        (self.load, self.rounding) = (load, rounding)
        (self.raiseAfter, self.lowerAfter) = (raiseAfter, lowerAfter)
    }

    package mutating func plan(_ observation: Observation) -> [Decision] {
        if observation.demand.isEmpty { return fleet.begin(observation) }
        let current = fleet.current(observation)
        guard let load = load(observation) else { return fleet.decisions(for: current, observation) }
        asked.append(count(for: load))
        asked.removeFirst(max(0, asked.count - max(raiseAfter, lowerAfter ?? 0)))
        return fleet.decisions(for: desired(current), observation)
    }

    private func desired(_ current: Int) -> Int {
        if asked.count >= raiseAfter, let last = asked.last,
            asked.suffix(raiseAfter).allSatisfy({ $0 > current })
        {
            return last
        }
        guard let lowerAfter, asked.count >= lowerAfter else { return current }
        return min(current, asked.suffix(lowerAfter).max() ?? current)
    }

    /// Requests in a minute; nil before anything is known.
    private func load(_ observation: Observation) -> Double? {
        let last = observation.demand.last ?? nil
        guard case .forecastMax(let horizon) = load else { return last }
        return observation.forecasts.first { $0.horizon >= horizon }?.max ?? last
    }

    private func count(for load: Double) -> Int {
        let share = load / (capacity * target)
        switch rounding {
        case .up: return Int(share.rounded(.up))
        case .from(let breakEven):
            let full = share.rounded(.down)
            return Int(full) + ((share - full) * capacity * target >= breakEven ? 1 : 0)
        }
    }
}

extension ProportionalScaling {
    /// Persistence, without the last instance where Lambda is cheaper.
    package static func persistence(_ fleet: ScaledFleet, _ costs: LayerCosts) -> Self {
        Self(fleet, capacity: costs.capacity, rounding: .from(breakEven: costs.breakEven))
    }

    /// What MArk comes to when its LSTM says no more than persistence: 1.2 times the load, rounded up, and released once six plans agree.
    package static func markLike(_ fleet: ScaledFleet, _ costs: LayerCosts) -> Self {
        Self(fleet, capacity: costs.capacity, target: 1 / 1.2, lowerAfter: 6)
    }

    /// MArk's public code, which plans for 1.2 times the highest load so far, for all minutes to come, and so never shrinks.
    ///
    /// Source: marcoszh/MArk-Project, modules/scheduler.py, `forecasts = [max_count * Times] * 50` in place of the LSTM's forecast, which
    /// is commented out.
    package static func markAsShipped(_ fleet: ScaledFleet, _ costs: LayerCosts) -> Self {
        Self(fleet, capacity: costs.capacity, target: 1 / 1.2, lowerAfter: nil)
    }

    /// Target tracking of requests per instance, as SageMaker's endpoints and ECS's services scale.
    ///
    /// Out when above the target, in after 15 minutes below it (Application Auto Scaling User Guide, "Target tracking scaling policies").
    ///
    /// - Parameter raiseAfter: minutes above the target until it scales out; the alarm that the service makes waits for three.
    package static func targetTracking(
        _ fleet: ScaledFleet,
        _ costs: LayerCosts,
        target: Double = 0.7,
        raiseAfter: Int = 1
    ) -> Self {
        Self(fleet, capacity: costs.capacity, target: target, raiseAfter: raiseAfter, lowerAfter: 15)
    }
}
