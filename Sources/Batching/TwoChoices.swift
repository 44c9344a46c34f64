/// Which backends a request tries, of many that serve: two at random, first the one that would answer sooner.
///
/// The power of two choices (Mitzenmacher 2001): the longest of n queues falls from log n / log log n to log log n, and routers that
/// know nothing of each other do not all run to the same idle backend, as they would if each took the best.
package struct TwoChoices: Equatable, Sendable {
    package let first: Int
    /// To try when the first refuses; nil when there is only one.
    package let second: Int?

    /// - Parameters:
    ///   - count: backends that serve.
    ///   - draw: 64 random bits.
    ///   - completion: how long a backend of that position would take to answer one more request; the same unit for all.
    package init?(of count: Int, draw: UInt64, completion: (Int) -> Double) {
        precondition(count < 1 << 32, "\(count) backends")
        guard count > 0 else { return nil }
        guard count > 1 else {
            (first, second) = (0, nil)
            return
        }
        // The upper halves of 32-bit products are uniform but for a part in 2^32 / count.
        let one = Int(((draw >> 32) * UInt64(count)) >> 32)
        let rest = Int(((draw & 0xffff_ffff) * UInt64(count - 1)) >> 32)
        let other = rest < one ? rest : rest + 1
        let isFirst = completion(one) <= completion(other)
        (first, second) = isFirst ? (one, other) : (other, one)
    }
}
