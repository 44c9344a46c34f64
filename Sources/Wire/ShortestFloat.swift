/// The shortest decimal that reads back as the same Float: digits · 10^exponent.
///
/// Raffaello Giulietti, "The Schubfach way to render doubles" (2020), for 32 bits: one multiplication by a power of
/// ten finds where the value and the borders of its rounding interval lie among the decimals. Answers hold
/// thousands of floats, and the standard library takes three times as long for each.
struct ShortestFloat {
    /// Up to nine digits, above zero; there may be zeros at the end.
    let digits: UInt32
    let exponent: Int

    /// - Parameter value: finite and above zero.
    init(_ value: Float) {
        let fraction = value.significandBitPattern
        let isNormal = value.exponentBitPattern != 0
        let significand = isNormal ? fraction | 1 << 23 : fraction
        let q = (isNormal ? Int(value.exponentBitPattern) : 1) - 150
        if q <= 0, q > -24, significand & (1 << UInt32(-q) - 1) == 0 {
            // A whole number that the significand holds.
            digits = significand >> UInt32(-q)
            exponent = 0
            return
        }
        // At a power of two the float below is only half as far away as the one above.
        let isLowerCloser = fraction == 0 && value.exponentBitPattern > 1
        let k = (q * 1_262_611 - (isLowerCloser ? 524_031 : 0)) >> 22
        let shift = UInt64(q + (-k * 1_741_647) >> 19 + 1)
        let power = Self.powers[-k - Self.firstPower]
        let middle = UInt64(significand) << 2
        let below = Self.rounded(power, (middle - (isLowerCloser ? 1 : 2)) << shift)
        let exact = Self.rounded(power, middle << shift)
        let above = Self.rounded(power, (middle + 2) << shift)
        // The borders belong to the interval when ties go to this, the even one.
        let isOdd = UInt64(significand & 1)
        (digits, exponent) = Self.shortest(below + isOdd, exact, above - isOdd, k)
    }

    /// The decimal with fewest digits in `lower...upper`, the nearest to `exact` of those; all three are four times
    /// the value.
    private static func shortest(_ lower: UInt64, _ exact: UInt64, _ upper: UInt64, _ k: Int) -> (UInt32, Int)
    {
        let s = exact / 4
        if s >= 10 {
            let tens = s / 10
            let isDownInside = lower <= 40 * tens
            let isUpInside = 40 * tens + 40 <= upper
            if isDownInside != isUpInside { return (UInt32(tens + (isUpInside ? 1 : 0)), k + 1) }
        }
        let isDownInside = lower <= 4 * s
        let isUpInside = 4 * s + 4 <= upper
        if isDownInside != isUpInside { return (UInt32(s + (isUpInside ? 1 : 0)), k) }
        let half = 4 * s + 2
        let roundsUp = exact > half || (exact == half && s & 1 == 1)
        return (UInt32(s + (roundsUp ? 1 : 0)), k)
    }

    /// The high half of the product, its last bit set when anything was lost ("round to odd").
    ///
    /// The power is rounded up, by less than 2^32 of the product's low half: so little is nothing.
    @inline(__always)
    private static func rounded(_ power: UInt64, _ value: UInt64) -> UInt64 {
        let product = power.multipliedFullWidth(by: value)
        return product.high | (product.low >> 32 > 1 ? 1 : 0)
    }

    // MARK: Powers of ten

    private static let firstPower = -31

    /// 10^-31 to 10^45, rounded up to 64 significant bits.
    private static let powers: [UInt64] = (firstPower...45).map { $0 < 0 ? reciprocal(-$0) : power($0) }

    private static func fives(_ n: Int) -> UInt128 { (0..<n).reduce(1) { product, _ in product * 5 } }

    private static func power(_ n: Int) -> UInt64 {
        let five = fives(n)
        let excess = 128 - five.leadingZeroBitCount - 64
        guard excess > 0 else { return UInt64(five) << UInt64(-excess) }
        let high = UInt64(five >> UInt128(excess))
        return UInt128(high) << UInt128(excess) == five ? high : high + 1
    }

    /// 10^-n by long division, bit by bit, until there are 64 significant ones.
    private static func reciprocal(_ n: Int) -> UInt64 {
        let divisor = fives(n)
        var remainder: UInt128 = 1
        var quotient: UInt64 = 0
        while quotient >> 63 == 0 {
            remainder <<= 1
            quotient <<= 1
            if remainder >= divisor {
                remainder -= divisor
                quotient |= 1
            }
        }
        return quotient + 1
    }
}
