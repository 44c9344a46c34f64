/// Exponential and logarithm in plain arithmetic.
///
/// The C library's differ in their last bits from one processor and release to the next; with these, the same seed gives the same weights
/// and forecasts everywhere.
package enum Elementary {
    private static let ln2High = 6.931_471_803_691_238_16e-01
    private static let ln2Low = 1.908_214_929_270_587_70e-10

    /// e^x within 1e-14, relative; 0 far below, finite far above.
    @inline(__always)
    package static func exp(_ x: Double) -> Double {
        let x = min(max(x, -700), 700)
        let k = (x * 1.442_695_040_888_963_4).rounded()
        let r = (x - k * ln2High) - k * ln2Low
        // Taylor's series on |r| <= ln(2)/2, where the thirteenth power is below 1e-15.
        var p = 1.0 / 479_001_600
        for k in expCoefficients.indices { p = p * r + expCoefficients[k] }
        return p * Double(bitPattern: UInt64(Int64(k) + 1023) << 52)
    }

    // 1/11! to 1/0!
    private static let expCoefficients: InlineArray<12, Double> = [
        1.0 / 39_916_800, 1.0 / 3_628_800, 1.0 / 362_880, 1.0 / 40_320, 1.0 / 5040, 1.0 / 720, 1.0 / 120,
        1.0 / 24, 1.0 / 6, 0.5, 1, 1,
    ]

    /// The natural logarithm of a positive normal number, within 1e-14.
    @inline(__always)
    package static func log(_ x: Double) -> Double {
        var exponent = Double(x.exponent)
        var m = x.significand
        if m > 1.414_213_562_373_095_1 {
            m *= 0.5
            exponent += 1
        }
        // ln m = 2 atanh(s), s = (m-1)/(m+1), |s| <= 0.172.
        let s = (m - 1) / (m + 1)
        let s2 = s * s
        var p = 1.0 / 19
        for n in stride(from: 17.0, through: 1, by: -2) { p = p * s2 + 1 / n }
        return exponent * ln2High + (2 * s * p + exponent * ln2Low)
    }

    /// Load on the scale on which forecasts are made: log(1 + x), so that no request at all has a place.
    @inline(__always)
    package static func log1p(_ x: Double) -> Double { log(1 + x) }

    @inline(__always)
    package static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    @inline(__always)
    package static func tanh(_ x: Double) -> Double { 2 * sigmoid(2 * x) - 1 }

    /// The sine of 2 pi times a number of turns, within 1e-9.
    package static func sine(turns: Double) -> Double {
        var x = turns - turns.rounded()  // -0.5...0.5
        if x > 0.25 { x = 0.5 - x } else if x < -0.25 { x = -0.5 - x }
        let a = x * 2 * Double.pi
        let a2 = a * a
        var (term, sum) = (a, a)
        for n in stride(from: 2.0, through: 14, by: 2) {
            term *= -a2 / (n * (n + 1))
            sum += term
        }
        return sum
    }

    package static func cosine(turns: Double) -> Double { sine(turns: turns + 0.25) }
}
