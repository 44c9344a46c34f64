import Planning

/// What stands before instances and functions, as it is billed: the router function and an API Gateway.
struct SimulatedRouter {
    private let hasRouter: Bool
    private let gateway: Dollars
    private let perRequest: Dollars
    /// Nanodollars.
    private let perMillisecond: Double
    private static let overhead = Int64(Router.overhead / .nanoseconds(1))

    init(_ platform: Platform, _ prices: LambdaPrices) {
        hasRouter = platform.hasRouter
        gateway = Dollars(platform.gateway)
        perRequest = Dollars(prices.perRequest)
        perMillisecond = Double(Router.memoryMiB) / 1024 * prices.perGBSecond * 1e6
    }

    /// A request comes.
    func arrive(_ ledger: inout Ledger) {
        if gateway > .zero { ledger.post(gateway, to: .gateway) }
    }

    /// A request that passed the router is answered after so many nanoseconds.
    func pass(_ time: Int64, _ ledger: inout Ledger) {
        guard hasRouter else { return }
        let milliseconds = Double((time + Self.overhead + 999_999) / 1_000_000)
        let run = Dollars(nanodollars: Int64((milliseconds * perMillisecond).rounded()))
        ledger.post(perRequest + run, to: .router)
    }
}
