/// How many Lambda environments are to be ready for what instances will not take, by pings or by provisioned concurrency.
package struct LambdaReserve: Equatable, Sendable {
    /// The busiest of the next five minutes.
    let outlook: LoadOutlook
    /// Requests a minute that instances take.
    let taken: Double
    /// How long a request occupies an environment.
    let latency: Duration

    /// - Parameter taken: requests a minute that instances take.
    package init(_ outlook: LoadOutlook, taken: Double, latency: Duration) {
        let busiest = outlook.means.prefix(5).indices.max { outlook.means[$0] < outlook.means[$1] } ?? 0
        self.outlook = LoadOutlook(means: [outlook.means[busiest]], scales: [outlook.scales[busiest]])
        self.taken = taken
        self.latency = latency
    }

    private func concurrency(_ quantile: Double) -> Double {
        max(0, outlook.quantile(quantile)[0] - taken) / 60 * (latency / .seconds(1))
    }

    /// Environments to be kept warm by concurrent invocations, which cost next to nothing each (Little's law, and two deviations of
    /// arrivals that know nothing of each other).
    ///
    /// - Parameter atRisk: requests per second of instances that may be lost: under notice, or launching.
    package func warm(atRisk: Double) -> Int {
        let expected = concurrency(0.99) + atRisk * (latency / .seconds(1))
        guard expected > 0.01 else { return 0 }
        return Int((expected + 2 * expected.squareRoot()).rounded(.up))
    }

    /// Environments worth reserving: each costs `price` a second whether it is busy or not and saves `saving` a second while it is, so
    /// that the n-th pays when it is busy for more than their quotient: 60 % of the time at list prices.
    package func provisioned(price: Double, saving: Double) -> Int {
        let breakEven = saving > 0 ? price / saving : .infinity
        guard breakEven < 1 else { return 0 }
        return Int(concurrency(1 - breakEven))
    }
}
