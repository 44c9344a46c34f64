/// What Lambda costs.
package struct LambdaPrices: Equatable, Sendable {
    /// All in dollars: a GB for a second, and one request.
    package let perGBSecond: Double
    package let perRequest: Double
    /// A GB of provisioned concurrency for a second, busy or not.
    package let provisionedPerGBSecond: Double
    /// A GB for a second of a request on provisioned concurrency.
    package let provisionedRunPerGBSecond: Double

    package init(
        perGBSecond: Double,
        perRequest: Double,
        provisionedPerGBSecond: Double,
        provisionedRunPerGBSecond: Double
    ) {
        (self.perGBSecond, self.perRequest) = (perGBSecond, perRequest)
        self.provisionedPerGBSecond = provisionedPerGBSecond
        self.provisionedRunPerGBSecond = provisionedRunPerGBSecond
    }

    /// What one invocation is billed: whole milliseconds, INIT included, and the request.
    package func cost(of time: Duration, memoryMiB: Int, isProvisioned: Bool = false) -> Dollars {
        let milliseconds = (time / .milliseconds(1)).rounded(.up)
        let gb = Double(memoryMiB) / 1024
        let rate = isProvisioned ? provisionedRunPerGBSecond : perGBSecond
        return Dollars(milliseconds / 1000 * gb * rate + perRequest)
    }

    /// What an environment of provisioned concurrency costs while it is there.
    package func provisioned(memoryMiB: Int) -> DollarsPerHour {
        DollarsPerHour(Double(memoryMiB) / 1024 * provisionedPerGBSecond * 3600)
    }
}
