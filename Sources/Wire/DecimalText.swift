/// The text of digits · 10^exponent: a decimal where that is short, digits with an exponent elsewhere.
struct DecimalText {
    private let digits: UInt32
    private let count: Int
    /// Of the first digit: 2 for 123.4, -1 for 0.1234.
    private let magnitude: Int

    init(_ number: ShortestFloat) {
        var digits = number.digits
        var exponent = number.exponent
        while digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        self.digits = digits
        count = Self.count(digits)
        magnitude = exponent + count - 1
    }

    private static func count(_ digits: UInt32) -> Int {
        var count = 1
        var bound: UInt32 = 10
        while count < 9, digits >= bound {
            count += 1
            bound *= 10
        }
        return digits >= 1_000_000_000 ? 10 : count
    }

    /// Writes at most 20 bytes; returns their number.
    func write(to buffer: UnsafeMutablePointer<UInt8>) -> Int {
        switch magnitude {
        case 0...8: writeDecimal(to: buffer)
        case -4..<0: writeFraction(to: buffer)
        default: writeScientific(to: buffer)
        }
    }

    /// As in `123.4` and `120.0`.
    private func writeDecimal(to buffer: UnsafeMutablePointer<UInt8>) -> Int {
        let whole = magnitude + 1
        let fraction = max(0, count - whole)
        write(digits, at: fraction > 0 ? 1 : 0, to: buffer)
        // The digits stand one place to the right; those before the point move back.
        for index in 0..<whole where fraction > 0 { buffer[index] = buffer[index + 1] }
        for index in count..<max(count, whole) { buffer[index] = UInt8(ascii: "0") }
        buffer[whole] = UInt8(ascii: ".")
        if fraction == 0 { buffer[whole + 1] = UInt8(ascii: "0") }
        return whole + 1 + max(1, fraction)
    }

    /// As in `0.001234`.
    private func writeFraction(to buffer: UnsafeMutablePointer<UInt8>) -> Int {
        let zeros = -magnitude
        for index in 0...zeros { buffer[index] = UInt8(ascii: "0") }
        buffer[1] = UInt8(ascii: ".")
        write(digits, at: zeros + 1, to: buffer)
        return zeros + 1 + count
    }

    /// As in `1.234e-07` and `1e+20`.
    private func writeScientific(to buffer: UnsafeMutablePointer<UInt8>) -> Int {
        write(digits, at: 1, to: buffer)
        buffer[0] = buffer[1]
        buffer[1] = UInt8(ascii: ".")
        var offset = count > 1 ? count + 1 : 1
        buffer[offset] = UInt8(ascii: "e")
        buffer[offset + 1] = magnitude < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")
        let power = UInt8(abs(magnitude))
        buffer[offset + 2] = UInt8(ascii: "0") + power / 10
        buffer[offset + 3] = UInt8(ascii: "0") + power % 10
        offset += 4
        return offset
    }

    private func write(_ value: UInt32, at start: Int, to buffer: UnsafeMutablePointer<UInt8>) {
        var rest = value
        var offset = start + count
        while offset > start {
            offset -= 1
            buffer[offset] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
