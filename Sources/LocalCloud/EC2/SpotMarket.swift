package import Planning
import Seeded
package import Wire

/// Spot prices that move: the same for the same seed, a function of the pool and the time and of nothing else.
///
/// A price wanders between 0.8 and 1.3 times the type's typical one, from knot to knot six hours apart, in steps of ten minutes; a
/// spike of a few hours now and then makes a pool the dearer one of two.
package struct SpotMarket: Sendable {
    package let seed: UInt64
    private static let step = Duration.seconds(600)
    private static let stepsPerKnot: Int64 = 36

    package init(seed: UInt64) { self.seed = seed }

    /// The price in force at a time; nil for a type that is not sold so.
    package func price(of type: InstanceType, in zone: String, at time: WallClock) -> DollarsPerHour? {
        type.spot.map { price($0.price, Pool(type: type.name, zone: zone), step: Self.step(of: time)) }
    }

    private func price(_ typical: DollarsPerHour, _ pool: Pool, step: Int64) -> DollarsPerHour {
        let (knot, inside) = (step / Self.stepsPerKnot, step % Self.stepsPerKnot)
        let share = Double(inside) / Double(Self.stepsPerKnot)
        let level = height(pool, knot) * (1 - share) + height(pool, knot + 1) * share
        // Spot prices have four decimals.
        return DollarsPerHour(nanodollars: Int64((typical.amount * level * 1e4).rounded()) * 100_000)
    }

    private func height(_ pool: Pool, _ knot: Int64) -> Double {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        // FNV-1a (Fowler, Noll, Vo), then SplitMix64's mixing.
        for byte in "\(pool.type)/\(pool.zone)/\(knot)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        var chance = SeededGenerator(seed: seed ^ hash)
        let level = 0.8 + 0.4 * chance.unit()
        return chance.unit() < 0.05 ? level + 0.1 + chance.unit() * 0.4 : level
    }

    private static func step(of time: WallClock) -> Int64 {
        time.milliseconds / (1000 * step.components.seconds)
    }

    private static func start(of step: Int64) -> WallClock {
        WallClock(milliseconds: step * 1000 * Self.step.components.seconds)
    }

    /// Changes of a pool's price up to `end`, newest first, with the price that was in force at `start`.
    package func history(
        of type: InstanceType,
        in zone: String,
        from start: WallClock,
        to end: WallClock
    ) -> [(since: WallClock, price: DollarsPerHour)] {
        guard let typical = type.spot?.price, start <= end else { return [] }
        let pool = Pool(type: type.name, zone: zone)
        var changes: [(WallClock, DollarsPerHour)] = []
        for step in Self.step(of: start)...Self.step(of: end) {
            let price = price(typical, pool, step: step)
            if changes.last?.1 != price { changes.append((Self.start(of: step), price)) }
        }
        return changes.reversed()
    }
}
