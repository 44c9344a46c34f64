/// What batches of a model may look like on one backend: its latency profile, its objective and its executors.
package struct BatchingPolicy: Equatable, Sendable {
    /// What an executor costs while it waits.
    package enum Price: Equatable, Sendable {
        /// As much as while it works (EC2): it never waits when it need not.
        case sunk
        /// Nothing (Lambda bills what runs): it waits for a fuller batch as long as that is safe.
        case metered
    }

    package let profile: LatencyProfile
    /// The latency objective S, for requests that bring no deadline of their own.
    package let slo: Duration
    /// d: what of the objective is kept for the network, the clock's jitter and runs slower than the profile.
    package let margin: Duration
    /// Batches that run at once.
    package let executors: Int
    package let price: Price
    /// The share of requests that may miss the objective: 1 - SL_min.
    package let missBudget: Double
    /// Requests that may wait.
    package let queueMax: Int
    /// Rows of a batch at most: as many as are feasible and pay.
    package let sizeCap: Int
    /// Rows that may wait and run at once; with more, the last would be late.
    package let inFlightMax: Int
    /// Rows a second with which executors that run batches of 1, 2, … rows keep up, with some room.
    private let stableRates: [Double]
    /// Whether a row more pays, by rows from 1 on.
    private let paying: [Bool]

    /// - Parameters:
    ///   - sizeMax: rows of a batch at most, whatever the profile says.
    ///   - target: the share of requests to be served within the objective, as 0.99.
    package init(
        profile: LatencyProfile,
        slo: Duration,
        margin: Duration,
        executors: Int = 1,
        price: Price = .sunk,
        sizeMax: Int = .max,
        target: Double = 0.99,
        queueMax: Int = 16_384
    ) throws(InvalidPolicy) {
        guard executors > 0 else { throw .executors(executors) }
        guard sizeMax > 0 else { throw .sizeMax(sizeMax) }
        guard margin >= .zero, profile[1] + margin <= slo else {
            throw .unattainable(slo: slo, margin: margin, alone: profile[1])
        }
        guard target > 0, target < 1 else { throw .target(target) }
        guard queueMax > 0 else { throw .queueMax(queueMax) }
        self.profile = profile
        self.slo = slo
        self.margin = margin
        self.executors = executors
        self.price = price
        self.missBudget = 1 - target
        self.queueMax = queueMax
        let feasible = Self.feasible(profile, slo - margin, executors, min(sizeMax, profile.sizeMax))
        sizeCap = Self.efficient(profile, feasible)
        let batches = max(1, Int(((slo - margin) / profile[sizeCap]).rounded(.up)))
        inFlightMax = batches * sizeCap * executors
        stableRates = (1...sizeCap).map { 0.85 * Double(executors) * profile.throughput($0) }
        paying = (1...sizeCap).map { rows in
            rows > 1 && profile[rows] / Double(rows) <= profile[rows - 1] / Double(rows - 1) * 0.99
        }
    }

    /// The largest batch that a request can wait for and still be in time: with all executors busy in turn, the next
    /// one is free after t(b)/m.
    private static func feasible(
        _ profile: LatencyProfile,
        _ time: Duration,
        _ executors: Int,
        _ sizeMax: Int
    ) -> Int {
        (1...sizeMax).last { profile[$0] * (1 + 1 / Double(executors)) <= time } ?? 1
    }

    /// The smallest batch whose time per row is within 2 % of the best.
    ///
    /// Larger ones gain next to nothing and make everyone wait: an LSTM of t(b) = 4.6 + 5 b ms under 100 ms on two executors keeps 98 % of
    /// 350 requests/s in time with 9 rows, and of 320 with 11, though an executor that never pauses does 2 % more with those.
    private static func efficient(_ profile: LatencyProfile, _ feasible: Int) -> Int {
        let best = (1...feasible).map { profile[$0] / Double($0) }.min() ?? profile[1]
        return (1...feasible).first { profile[$0] / Double($0) <= best * 1.02 } ?? 1
    }

    /// Whether one row more makes each row at least 1 % cheaper, so that waiting for it saves something.
    package func pays(_ rows: Int) -> Bool { rows <= sizeCap && paying[rows - 1] }

    /// The smallest batch with which the executors keep up, with some room; the largest there is when none is enough.
    package func stableSize(rate: Double) -> Int {
        var rows = 1
        while rows < sizeCap, rate > stableRates[rows - 1] { rows += 1 }
        return rows
    }

    /// Whether executors that run batches of this size keep up with that many rows a second, with some room.
    package func isStable(_ rows: Int, rate: Double) -> Bool {
        rate
            <= (rows <= sizeCap ? stableRates[rows - 1] : 0.85 * Double(executors) * profile.throughput(rows))
    }
}

/// Why a batching policy is refused.
package enum InvalidPolicy: Error, Equatable, CustomStringConvertible {
    case executors(Int)
    case sizeMax(Int)
    case unattainable(slo: Duration, margin: Duration, alone: Duration)
    case target(Double)
    case queueMax(Int)

    package var description: String {
        switch self {
        case .executors(let count): "\(count) executors: expected 1 or more"
        case .sizeMax(let size): "the largest batch is \(size): expected 1 or more; set batching.size_max"
        case .unattainable(let slo, let margin, let alone):
            "the objective of \(slo) cannot be kept: one request takes \(alone) alone, and \(margin) are kept as a margin; "
                + "raise slo.latency_ms, or serve on a faster machine"
        case .target(let target): "the target is \(target): expected a share between 0 and 1, such as 0.99"
        case .queueMax(let count): "the queue holds \(count) requests: expected 1 or more"
        }
    }
}
