import Histograms
package import Planning

/// A Lambda function as AWS runs it: environments that start cold, stay warm for a while and are billed by the millisecond.
package struct SimulatedLambda {
    /// What an invocation found.
    package enum Start: Equatable, Sendable { case cold, warm, provisioned }

    package struct Invocation: Equatable, Sendable {
        package let start: Start
        /// Nanoseconds.
        package let end: Int64
    }

    private let limits: LambdaLimits
    private let latency: Int64
    private let initTime: Int64
    private let keepAlive: Int64
    /// Nanodollars.
    private let perMillisecond: Double
    private let perRequest: Dollars
    private let provisionedPerMillisecond: Double
    private var jitter: Jitter

    /// Since when environments are idle, ascending; the one that was used last is used next.
    private var idle: [Int64] = []
    private var busy = 0
    private var busyProvisioned = 0
    /// New environments that may start now; refilled over time.
    private var startable: Double
    private var refilledAt: Int64 = 0
    private var provisioned: ProvisionedConcurrency

    package init(_ function: Workload.Function, prices: LambdaPrices, limits: LambdaLimits, seed: UInt64) {
        let gb = Double(function.memoryMiB) / 1024
        self.limits = limits
        latency = function.latency.nanoseconds
        initTime = function.initTime.nanoseconds
        keepAlive = limits.keepAlive.nanoseconds
        perMillisecond = gb * prices.perGBSecond * 1e6
        perRequest = Dollars(prices.perRequest)
        provisionedPerMillisecond = gb * prices.provisionedRunPerGBSecond * 1e6
        jitter = Jitter(seed: seed)
        startable = Double(limits.environmentsPerTenSeconds)
        provisioned = ProvisionedConcurrency(
            price: prices.provisioned(memoryMiB: function.memoryMiB),
            delay: limits.provisioningDelay.nanoseconds
        )
    }

    /// Executions under way.
    package var concurrency: Int { busy + busyProvisioned }
    package func provisionedConcurrency(now: Int64) -> Int { provisioned.allocated(now: now) }

    // MARK: Invocations

    /// Runs a request; nil when it is throttled.
    package mutating func invoke(now: Int64, _ ledger: inout Ledger) -> Invocation? {
        guard let start = start(now) else { return nil }
        let run = jitter.stretch(latency)
        var end = now + run
        ledger.post(perRequest, to: .lambdaRequests)
        switch start {
        case .provisioned: ledger.post(Self.cost(run, provisionedPerMillisecond), to: .lambdaDuration)
        case .warm: ledger.post(Self.cost(run, perMillisecond), to: .lambdaDuration)
        case .cold:
            let initialisation = jitter.stretch(initTime)
            end += initialisation
            ledger.post(Self.cost(run, perMillisecond), to: .lambdaDuration)
            ledger.post(Self.cost(initialisation, perMillisecond), to: .lambdaInit)
        }
        return Invocation(start: start, end: end)
    }

    /// Holds an environment for as long as a request takes, so that the next warm-up finds another; nil when it is throttled.
    package mutating func warm(now: Int64, _ ledger: inout Ledger) -> Invocation? {
        guard let start = startOnDemand(now) else { return nil }
        let time = jitter.stretch(latency) + (start == .cold ? jitter.stretch(initTime) : 0)
        ledger.post(Self.cost(time, perMillisecond) + perRequest, to: .warmUp)
        return Invocation(start: start, end: now + time)
    }

    /// An invocation has ended.
    package mutating func ended(_ start: Start, now: Int64) {
        guard start != .provisioned else {
            busyProvisioned -= 1
            return
        }
        busy -= 1
        idle.append(now)
    }

    private mutating func start(_ now: Int64) -> Start? {
        guard busyProvisioned < provisioned.allocated(now: now) else { return startOnDemand(now) }
        busyProvisioned += 1
        return .provisioned
    }

    private mutating func startOnDemand(_ now: Int64) -> Start? {
        guard busy + max(provisioned.requested, busyProvisioned) < limits.concurrencyMax else { return nil }
        reap(now)
        if idle.popLast() != nil {
            busy += 1
            return .warm
        }
        let limit = Double(limits.environmentsPerTenSeconds)
        startable = min(limit, startable + Double(now - refilledAt) * limit / 10e9)
        refilledAt = now
        guard startable >= 1 else { return nil }
        startable -= 1
        busy += 1
        return .cold
    }

    /// Ends environments that were idle for too long.
    private mutating func reap(_ now: Int64) {
        guard let oldest = idle.first, oldest < now - keepAlive else { return }
        idle.removeFirst(idle.firstIndex { $0 >= now - keepAlive } ?? idle.count)
    }

    /// Whole milliseconds, rounded up.
    private static func cost(_ nanoseconds: Int64, _ perMillisecond: Double) -> Dollars {
        Dollars(nanodollars: Int64((Double((nanoseconds + 999_999) / 1_000_000) * perMillisecond).rounded()))
    }

    // MARK: Provisioned concurrency

    /// Asks for so many environments that are always ready.
    package mutating func provision(_ environments: Int, now: Int64, _ ledger: inout Ledger) {
        provisioned.request(min(environments, limits.concurrencyMax), now: now, &ledger)
    }

    /// Bills what is billed by time.
    package mutating func bill(now: Int64, _ ledger: inout Ledger) { provisioned.bill(now: now, &ledger) }
}
