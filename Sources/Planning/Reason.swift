/// Why something is done or left: the same in actions, logs, metrics and reports.
///
/// Rates are in requests per second.
package enum Reason: Equatable, Sendable {
    /// Lambda has cost more on this layer than an instance would have, by the cost of launching one.
    case sustainedDemand(rate: Double, capacity: Double)
    /// The layer is expected to be busy enough by the time the instance serves.
    case forecast(expected: Double, capacity: Double)
    /// So many requests that no instance takes are to be expected on Lambda.
    case spill(rate: Double)
    /// The layer's instance has cost more than Lambda would have, by the cost of launching it again.
    case idle(rate: Double, capacity: Double)
    /// The layer is expected to stay too idle.
    case forecastLow(expected: Double, capacity: Double)
    /// EC2 takes instances back, or may soon.
    case replacesInterrupted(instance: String)
    /// A cheaper type or market does the same.
    case consolidation(saves: DollarsPerHour)
    /// The objective's budget of misses burns too fast.
    case sloBurn(rate: Double)
    /// A rule of another system: its target.
    case target(desired: Int, current: Int)
    /// More than the limits allow.
    case limits
    /// It is older than instances may be, or does not serve though it should.
    case unhealthy
}
