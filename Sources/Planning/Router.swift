import Batching

/// The function in front of the fleet: while instances serve, every request passes it, and it runs until the request is answered.
///
/// Without instances requests go to the model's function at once, and it costs nothing.
package enum Router {
    package static let memoryMiB = 128
    /// Its own time of a request: reading it, choosing a backend and writing the answer.
    package static let overhead = Duration.milliseconds(3)

    /// What a request costs on its way.
    ///
    /// For example, 100 ms on an instance: 0.103 s * 0.125 GB * $0.0000166667 + $0.0000002 = $0.41 a million.
    ///
    /// - Parameter time: from its arrival to the answer of what serves it.
    package static func cost(_ time: Duration, _ prices: LambdaPrices) -> Dollars {
        prices.cost(of: time + overhead, memoryMiB: memoryMiB)
    }
}

extension Workload {
    /// What a planner assumes that the way to an instance costs a request: in a full batch, on the mean of all types.
    package func routingCost(_ prices: LambdaPrices) -> Dollars {
        let times = machines.keys.compactMap { type in policy(type).map { $0.profile[$0.sizeCap] } }
        let mean = times.isEmpty ? function.latency : times.reduce(.zero, +) / times.count
        return Router.cost(mean, prices)
    }
}
