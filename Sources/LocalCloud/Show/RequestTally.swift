/// What the front has answered in one second of the machine's.
package struct RequestTally: Equatable, Sendable {
    package struct Answer: Equatable, Sendable {
        package let status: Int
        package let latency: Duration
        /// An instance's id; nil where the inference function answered.
        package let instance: String?
        /// Whether the router had it first.
        package let isRouted: Bool

        package init(status: Int, latency: Duration, instance: String?, isRouted: Bool) {
            (self.status, self.latency, self.instance, self.isRouted) = (status, latency, instance, isRouted)
        }
    }

    package private(set) var count = 0
    package private(set) var good = 0
    package private(set) var failed = 0
    package private(set) var spilled = 0
    package private(set) var byLambda = 0
    /// By the instance's id.
    package private(set) var byInstance: [String: Int] = [:]
    private var latencies: [Duration] = []

    /// Of percentiles; a laptop answers fewer in a second.
    private static let latenciesMax = 10_000

    package init() {}

    package mutating func add(_ answer: Answer, objective: Duration) {
        count += 1
        guard answer.status < 500 else {
            failed += 1
            return
        }
        if answer.latency <= objective { good += 1 }
        if latencies.count < Self.latenciesMax { latencies.append(answer.latency) }
        if let instance = answer.instance {
            byInstance[instance, default: 0] += 1
        } else {
            byLambda += 1
            if answer.isRouted { spilled += 1 }
        }
    }

    package var byInstances: Int { byInstance.values.reduce(0, +) }

    /// Of what was answered and did not fail; nil for nothing.
    package func latency(_ share: Double) -> Duration? {
        guard !latencies.isEmpty else { return nil }
        let rank = Int((share * Double(latencies.count)).rounded(.up)) - 1
        return latencies.sorted()[min(max(rank, 0), latencies.count - 1)]
    }
}
