import Glibc

/// Powers of ten that a Double holds exactly.
let exactPowers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19,
    1e20, 1e21, 1e22,
]

/// Rounding: from the decimal in the text to the nearest number of a binary type.
extension JSONReader {
    /// The magnitude as a Double, correctly rounded.
    ///
    /// Mantissas up to 2^53 and powers up to 10^22 are exact, so one operation rounds once (Clinger 1990, "How to
    /// read floating point numbers accurately"). Anything else goes to the C library, which is exact and slow.
    func double(of number: DecimalNumber) -> Double {
        if number.mantissa == 0 { return 0 }
        if !number.isTruncated, number.mantissa <= 1 << 53, abs(number.exponent) <= 22 {
            let mantissa = Double(number.mantissa)
            return number.exponent < 0
                ? mantissa / exactPowers[-number.exponent] : mantissa * exactPowers[number.exponent]
        }
        return libraryValue(of: number)
    }

    /// The magnitude as a Float, correctly rounded.
    ///
    /// The usual float that a client writes has up to 17 digits, too many for the exact path. A Double that is off
    /// by at most 2 units in its last place still rounds to the right Float unless it lies that close to the middle
    /// between two Floats.
    func float(of number: DecimalNumber) -> Float {
        if number.mantissa == 0 { return 0 }
        guard abs(number.exponent) <= 22 else { return libraryFloat(of: number) }
        let mantissa = Double(number.mantissa)
        let power = exactPowers[abs(number.exponent)]
        let near = number.exponent < 0 ? mantissa / power : mantissa * power
        guard !near.isNearMiddleOfFloats else { return libraryFloat(of: number) }
        return Float(near)
    }

    private func libraryValue(of number: DecimalNumber) -> Double {
        if number.exponent > Self.exponentMax { return .infinity }
        return abs(literal(number).withCString { strtod($0, nil) })
    }

    private func libraryFloat(of number: DecimalNumber) -> Float {
        if number.exponent > Self.exponentMax { return .infinity }
        return abs(literal(number).withCString { strtof($0, nil) })
    }

    /// No mantissa but zero times a higher power of ten is a Double, 10^309 being none.
    private static let exponentMax = 308
}

extension Double {
    /// Whether two units in the last place may decide which Float is nearest.
    ///
    /// 29 bits are lost between the two types; the middle between two floats is where only the highest of them is
    /// set.
    @inline(__always)
    var isNearMiddleOfFloats: Bool { abs(Int64(bitPattern & 0x1FFF_FFFF) - 0x1000_0000) <= 4 }
}
