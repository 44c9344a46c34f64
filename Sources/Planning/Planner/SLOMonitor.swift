/// Watches how fast misses use up what the objective allows, over several windows (Google SRE Workbook, chapter 5: multiwindow,
/// multi-burn-rate alerts).
///
/// Burn rate 1 misses just as many requests as the objective allows.
package struct SLOMonitor: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        case kept
        /// Over half an hour more is missed than allowed: too little headroom.
        case slow(burn: Double)
        /// Within minutes the budget of an hour burns: capacity is missing now.
        case fast(burn: Double)
    }

    /// A tick's requests.
    struct Slot: Equatable, Sendable {
        let at: Duration
        let total: Int
        /// Misses that more capacity would have avoided: queues, cold starts and refusals.
        let starved: Int
        /// Of those, what waited for an environment to start.
        let cold: Int
    }

    package let target: Double
    var slots: [Slot] = []
    /// By how much demand is planned for in excess.
    package internal(set) var headroom = 1.0
    var headroomChangedAt: Duration?

    /// Requests of a window below which chance decides.
    private static let requestsMin = 50
    static let headroomMax = 1.5
    /// Minutes.
    private static let surgeLength = 3

    package init(target: Double) { self.target = target }

    package mutating func observe(_ outcomes: Observation.Outcomes, now: Duration) {
        slots.removeAll { $0.at <= now - .seconds(3600) || $0.at >= now }
        let starved = outcomes.queued + outcomes.coldStarts + outcomes.refused
        slots.append(
            Slot(
                at: now,
                total: outcomes.total,
                starved: min(starved, outcomes.total),
                cold: min(outcomes.coldStarts, outcomes.total)
            )
        )
        adjust(now)
    }

    /// Misses relative to those allowed over the last `window`; nil when too few requests came.
    package func burnRate(over window: Duration, now: Duration) -> Double? {
        let recent = slots.filter { $0.at > now - window }
        let total = recent.reduce(0) { $0 + $1.total }
        guard total >= Self.requestsMin else { return nil }
        let starved = recent.reduce(0) { $0 + $1.starved }
        return Double(starved) / Double(total) / (1 - target)
    }

    /// Whether cold starts alone use up what the objective allows, over half an hour: pings are not enough then.
    ///
    /// The worst minutes do not count: what a surge started cold is warm by the time that provisioned environments would be there.
    package func cannotBearColdStarts(now: Duration) -> Bool {
        let recent = slots.filter { $0.at > now - .seconds(1800) }
        let total = recent.reduce(0) { $0 + $1.total }
        let cold = recent.map(\.cold).sorted().dropLast(Self.surgeLength).reduce(0, +)
        return total >= Self.requestsMin && Double(cold) > Double(total) * (1 - target)
    }

    package func state(now: Duration) -> State {
        let minute = burnRate(over: .seconds(60), now: now) ?? 0
        if minute >= 10, burnRate(over: .seconds(300), now: now) ?? 0 >= 5 { return .fast(burn: minute) }
        let slow = burnRate(over: .seconds(1800), now: now) ?? 0
        return slow >= 1 ? .slow(burn: slow) : .kept
    }

    /// Up by 0.05 when half an hour was too bad, and down by 0.02 when it was good, once in ten minutes.
    private mutating func adjust(_ now: Duration) {
        if let headroomChangedAt, now - headroomChangedAt < .seconds(600) { return }
        guard let burn = burnRate(over: .seconds(1800), now: now) else { return }
        let change = burn >= 1 ? 0.05 : burn < 0.5 ? -0.02 : 0
        let wanted = min(max(headroom + change, 1), Self.headroomMax)
        guard wanted != headroom else { return }
        (headroom, headroomChangedAt) = (wanted, now)
    }
}
