/// Which spot capacity pools to ask: the cheap ones, spread out, and none that has just failed.
package struct SpotPools: Equatable, Sendable {
    /// Pools that took an instance back or had none, and when.
    package internal(set) var failures: [Pool: Duration] = [:]

    /// How long a pool is left alone after it failed.
    package static let cooldown = Duration.seconds(600)
    /// More pools than this in one request make EC2 no likelier to have capacity.
    private static let poolsMax = 10
    /// A pool that holds our instances counts as that much dearer for each: all eggs in one basket are lost together.
    private static let crowding = 0.1
    /// How much dearer than the cheapest a pool may be and still be asked.
    private static let spread = 1.5

    package init() {}

    package mutating func failed(_ pool: Pool, at now: Duration) {
        failures[pool] = max(failures[pool] ?? now, now)
    }

    package mutating func forget(now: Duration) {
        failures = failures.filter { now - $0.value < Self.cooldown }
    }

    package func isOpen(_ pool: Pool, now: Duration) -> Bool {
        failures[pool].map { now - $0 >= Self.cooldown } ?? true
    }

    /// Pools in the order in which to ask for capacity like that of an offer; empty when all are cooling down.
    ///
    /// - Parameters:
    ///   - offers: spot offers that can serve as much as is wanted.
    ///   - price: the current price of a pool.
    ///   - count: how many of our instances it holds.
    package func ranked(
        _ offers: [Offer],
        zones: [String],
        now: Duration,
        price: (Pool) -> DollarsPerHour?,
        count: (Pool) -> Int
    ) -> [Pool] {
        let open = offers.flatMap { offer in
            zones.map { Pool(type: offer.type.name, zone: $0) }.filter { isOpen($0, now: now) }
                .map { pool in
                    (pool: pool, price: (price(pool) ?? offer.price).amount, count: count(pool))
                }
        }
        guard let least = open.map(\.price).min() else { return [] }
        return open.filter { $0.price <= least * Self.spread }
            .map { (pool: $0.pool, cost: $0.price * (1 + Self.crowding * Double($0.count))) }
            .sorted { ($0.cost, $0.pool) < ($1.cost, $1.pool) }
            .prefix(Self.poolsMax).map(\.pool)
    }
}
