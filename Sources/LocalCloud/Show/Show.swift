package import Wire

/// What is told to whoever watches the stack, as one synchronous value: answers and time go in, points come out.
package struct Show: Sendable {
    /// What a second's point is made of beside the requests.
    package struct Surroundings: Sendable {
        package var forecast: Double?
        package var forecastQ90: Double?
        package var capacity = ShowPoint.Capacity()
        package var environments = 0
        /// What instances cost an hour as they are now.
        package var instancesPerHour = 0.0
        /// What instances have cost, and all that is billed by use.
        package var instancesDollars = 0.0
        package var usageDollars = 0.0
        /// Mean time of a run of the inference function.
        package var run: Duration?

        package init() {}
    }

    /// Sums since the start, of requests that came.
    package struct Totals: Equatable, Sendable {
        package internal(set) var requests = 0
        package internal(set) var good = 0
        package internal(set) var failed = 0
        package internal(set) var spilled = 0
        package internal(set) var byInstances = 0
        package internal(set) var byLambda = 0

        /// Share of the requests within the objective; nil without any.
        package var attainment: Double? { requests > 0 ? Double(good) / Double(requests) : nil }
    }

    package let objective: Duration
    private let weight: Double
    package private(set) var timeline: Timeline
    package private(set) var totals = Totals()
    private var record: LoadRecord
    private var tally = RequestTally()
    /// Of the last second, for what a request's share of an instance is.
    private var last = RequestTally()
    private var lastAt: Duration?
    /// What was billed by use, of late.
    private var usage: [(at: WallClock, dollars: Double)] = []

    /// Seconds of the machine's that the cost by use is averaged over.
    private static let usageMax = 6

    /// - Parameters:
    ///   - weight: requests of the cloud's that one stands for.
    ///   - start: the cloud's time.
    package init(
        objective: Duration,
        weight: Double,
        start: WallClock,
        pricing: LoadRecord.Pricing?,
        timeline: Timeline = Timeline()
    ) {
        (self.objective, self.weight, self.timeline) = (objective, weight, timeline)
        record = LoadRecord(start: start, pricing: pricing)
    }

    /// The front has answered a request.
    package mutating func answered(_ answer: RequestTally.Answer) { tally.add(answer, objective: objective) }

    package mutating func decided(_ decision: JSON) { timeline.add(decision: decision) }

    /// What a request on an instance costs of its price an hour: its share among those of the last second.
    package func share(of dollarsPerHour: Double, instance: String) -> Double {
        dollarsPerHour / 3600 / Double(max(1, last.byInstance[instance] ?? 0))
    }

    /// The point of what came since the one before.
    ///
    /// - Parameters:
    ///   - now: the machine's monotonic time.
    ///   - time: the cloud's.
    package mutating func second(_ around: Surroundings, now: Duration, time: WallClock) -> ShowPoint {
        let seconds = max(0.001, lastAt.map { (now - $0) / .seconds(1) } ?? 1)
        record.add(Double(tally.count) * weight, run: around.run, at: time)
        var point = ShowPoint(at: time)
        point.load = Double(tally.count) / seconds
        (point.forecast, point.forecastQ90) = (around.forecast, around.forecastQ90)
        (point.capacity, point.environments) = (around.capacity, around.environments)
        (point.latencyP50, point.latencyP99) = (tally.latency(0.5), tally.latency(0.99))
        (point.count, point.good, point.failed) = (tally.count, tally.good, tally.failed)
        (point.spilled, point.byInstances) = (tally.spilled, tally.byInstances)
        point.byLambda = tally.byLambda
        point.dollars = around.instancesDollars + around.usageDollars
        point.dollarsPerHour = around.instancesPerHour + usagePerHour(around.usageDollars, time)
        point.alternatives = record.alternatives(run: around.run, at: time)
        count()
        timeline.add(point)
        (last, tally, lastAt) = (tally, RequestTally(), now)
        return point
    }

    private mutating func count() {
        totals.requests += tally.count
        totals.good += tally.good
        totals.failed += tally.failed
        totals.spilled += tally.spilled
        totals.byInstances += tally.byInstances
        totals.byLambda += tally.byLambda
    }

    private mutating func usagePerHour(_ dollars: Double, _ time: WallClock) -> Double {
        usage.append((time, dollars))
        if usage.count > Self.usageMax { usage.removeFirst() }
        guard let first = usage.first, time > first.at else { return 0 }
        return max(0, dollars - first.dollars) / (Double(time - first.at) / 3_600_000)
    }
}
