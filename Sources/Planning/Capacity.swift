package import Batching

/// How many requests a second an instance takes within the objective: C of the layers.
///
/// Its executors run full batches, of the size that the production batcher runs at most, for 85 % of their time; the rest is for arrivals
/// that come in bunches. For example, two executors with t(4) = 40 ms and batches of four take 0.85 * 2 * 4 / 0.040 = 170 requests/s.
package enum Capacity {
    /// The share of its time that an executor is planned to work, the same as in `BatchingPolicy.isStable`.
    package static let utilisationMax = 0.85

    /// - Parameter isBatching: false for servers that run one request after the other.
    package static func requestsPerSecond(_ policy: BatchingPolicy, isBatching: Bool = true) -> Double {
        utilisationMax * Double(policy.executors) * policy.profile.throughput(isBatching ? policy.sizeCap : 1)
    }
}

extension Workload {
    /// C of a type of instance, in requests per second; nil when it cannot run the model within the objective.
    package func capacity(_ type: String, isBatching: Bool = true) -> Double? {
        policy(type).map { Capacity.requestsPerSecond($0, isBatching: isBatching) }
    }
}
