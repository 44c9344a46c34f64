import Planning

/// Environments that Lambda keeps ready: there after a delay, billed from the request for them in blocks of five minutes.
struct ProvisionedConcurrency {
    private struct Allocation {
        var environments: Int
        let readyAt: Int64
        var paidUntil: Int64
    }

    private static let block: Int64 = 300_000_000_000

    /// Of a whole block.
    private let price: Dollars
    private let delay: Int64
    /// The newest last, which go first.
    private var allocations: [Allocation] = []

    init(price: DollarsPerHour, delay: Int64) {
        self.price = price * .nanoseconds(Self.block)
        self.delay = delay
    }

    var requested: Int { allocations.reduce(0) { $0 + $1.environments } }

    func allocated(now: Int64) -> Int {
        allocations.reduce(0) { $0 + ($1.readyAt <= now ? $1.environments : 0) }
    }

    mutating func request(_ environments: Int, now: Int64, _ ledger: inout Ledger) {
        bill(now: now, &ledger)
        var excess = requested - environments
        if excess < 0 {
            allocations.append(Allocation(environments: -excess, readyAt: now + delay, paidUntil: now))
            bill(now: now, &ledger)
        }
        while excess > 0, let newest = allocations.last {
            let released = min(excess, newest.environments)
            excess -= released
            allocations[allocations.count - 1].environments -= released
            if released == newest.environments { allocations.removeLast() }
        }
    }

    /// Pays for every block that has begun.
    mutating func bill(now: Int64, _ ledger: inout Ledger) {
        for index in allocations.indices {
            while allocations[index].paidUntil <= now {
                ledger.post(price * allocations[index].environments, to: .provisionedConcurrency)
                allocations[index].paidUntil += Self.block
            }
        }
    }
}
