package import AWS
package import Fleet
package import Planning
package import Wire

/// What a cycle has read of the world.
package struct Readings: Sendable {
    /// AWS's time, as the event that began the cycle says it: of launches, metrics and plans.
    package var now: WallClock
    /// This machine's: of heartbeats.
    ///
    /// The two are the same on AWS, and are not in a local cloud whose hours are short.
    package var machine: WallClock
    /// Ours, by tag.
    package var instances: [EC2.Instance]
    package var backends: [RegisteredBackend]
    package var warnings: [InstanceWarning] = []
    package var token: TokenRing?
    /// A secret that was drawn for this cycle, in case that one is due.
    package var newToken: String
    /// Nil when CloudWatch did not answer.
    package var counts: MinuteCounts?
    package var quality = ServiceQuality()
    package var spotPrices: [Pool: DollarsPerHour] = [:]
    /// Where instances can be put: a subnet by zone.
    package var subnets: [String: String] = [:]
    package var provisionedConcurrency = 0
    /// What Lambda serves at once at most; nil when it is not known.
    package var concurrencyMax: Int?
    /// Nil when it is not known.
    package var route: RouteTarget?
    /// What could not be read, and was done without.
    package var problems: [String] = []

    package init(
        now: WallClock,
        machine: WallClock,
        instances: [EC2.Instance],
        backends: [RegisteredBackend],
        newToken: String
    ) {
        (self.now, self.machine, self.newToken) = (now, machine, newToken)
        (self.instances, self.backends) = (instances, backends)
    }
}
