import Seeded

/// How long runs really take, where a profile gives their 99th percentile.
struct Jitter {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Of a hundred runs 99 take 0.9 to 1 times the profile's time, one up to 1.2 times.
    mutating func stretch(_ nanoseconds: Int64) -> Int64 {
        let draw = generator.unit()
        let factor = draw < 0.99 ? 0.9 + 0.1 * (draw / 0.99) : 1 + 0.2 * (draw - 0.99) / 0.01
        return Int64(Double(nanoseconds) * factor)
    }
}
