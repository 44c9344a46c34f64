/// Decides, tick by tick, what capacity there is to be: our planner, and every system it is compared with.
package protocol ScalingPolicy: Sendable {
    /// How often it decides.
    var period: Duration { get }
    mutating func plan(_ observation: Observation) -> [Decision]
}
