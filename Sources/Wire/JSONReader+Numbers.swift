/// A number as it stands in the text: ±mantissa · 10^exponent, with its first 19 digits in the mantissa.
struct DecimalNumber {
    var isNegative = false
    var mantissa: UInt64 = 0
    var exponent = 0
    /// Whether a fraction or an exponent was written, so that it is no integer literal.
    var isFractional = false
    /// Whether digits other than zero were dropped from the mantissa, which 19 digits always fit.
    var isTruncated = false
    var start = 0
}

/// Numbers: digits are gathered into an integer, and the floating point value comes from one exact operation where
/// it can.
extension JSONReader {
    /// The number that comes next, rounded to the nearest Double.
    package mutating func readDouble() throws(JSONError) -> Double {
        let number = try readNumber()
        let value = double(of: number)
        guard value.isFinite else { throw outOfRange(number, "a 64-bit") }
        return number.isNegative ? -value : value
    }

    /// The number that comes next, rounded to the nearest Float.
    package mutating func readFloat() throws(JSONError) -> Float {
        let number = try readNumber()
        let value = float(of: number)
        guard value.isFinite else { throw outOfRange(number, "a 32-bit") }
        return number.isNegative ? -value : value
    }

    /// The integer that comes next; refuses a fraction, an exponent and what the type cannot hold.
    package mutating func readInteger<Integer: FixedWidthInteger>(
        _ type: Integer.Type = Integer.self
    ) throws(JSONError) -> Integer {
        let number = try readNumber()
        guard !number.isFractional else {
            throw JSONError("expected an integer, found \(quoted(number))", at: number.start)
        }
        // 20 digits more than the mantissa's 19 fit no type, and may be megabytes.
        let value = exact(number, as: Integer.self) ?? (number.exponent > 20 ? nil : Integer(literal(number)))
        guard let value else {
            throw JSONError(
                "\(quoted(number)) does not fit: expected \(Integer.min) to \(Integer.max)",
                at: number.start
            )
        }
        return value
    }

    /// The value of up to 19 digits; nil when there are more, or when the type cannot hold it.
    @inline(__always)
    private func exact<Integer: FixedWidthInteger>(_ number: DecimalNumber, as type: Integer.Type) -> Integer?
    {
        guard number.exponent == 0, !number.isTruncated else { return nil }
        guard number.isNegative else { return Integer(exactly: number.mantissa) }
        return Integer(exactly: 0 - Int128(number.mantissa))
    }

    // MARK: Scanning

    @inline(__always)
    mutating func readNumber() throws(JSONError) -> DecimalNumber {
        skipWhitespace()
        var number = DecimalNumber()
        number.start = position
        if position < end, base[position] == UInt8(ascii: "-") {
            number.isNegative = true
            position += 1
        }
        let first = position
        readDigits(into: &number)
        guard position > first else { throw notANumber(number.start) }
        guard position - first == 1 || base[first] != UInt8(ascii: "0") else {
            throw JSONError("a number begins with a superfluous zero", at: first)
        }
        if position < end, base[position] == UInt8(ascii: ".") || base[position] | 0x20 == UInt8(ascii: "e") {
            try readFractionAndExponent(into: &number, firstDigit: first)
        } else if position - first > 19 {
            rescan(&number, from: first)
        }
        opened = false
        return number
    }

    /// Adds digits to the mantissa; it wraps past 19 of them, which `rescan` mends.
    @inline(__always)
    private mutating func readDigits(into number: inout DecimalNumber) {
        while position + 8 <= end {
            let word = UInt64(
                littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self)
            )
            guard Self.areDigits(word) else { break }
            number.mantissa = number.mantissa &* 100_000_000 &+ Self.eightDigits(word)
            position += 8
        }
        while position < end {
            let digit = base[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { return }
            number.mantissa = number.mantissa &* 10 &+ UInt64(digit)
            position += 1
        }
    }

    static func areDigits(_ word: UInt64) -> Bool {
        let high: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
        return word & high == 0x3030_3030_3030_3030
            && (word &+ 0x0606_0606_0606_0606) & high == 0x3030_3030_3030_3030
    }

    /// Eight digits at once: pairs, then fours, then all (Lemire, "Number parsing at a gigabyte per second", 2021,
    /// section 5).
    static func eightDigits(_ word: UInt64) -> UInt64 {
        let digits = word &- 0x3030_3030_3030_3030
        let pairs = digits &* 10 &+ digits >> 8
        let low = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
        let high = (pairs >> 16 & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
        return (low &+ high) >> 32
    }

    private mutating func readFractionAndExponent(
        into number: inout DecimalNumber,
        firstDigit: Int
    ) throws(JSONError) {
        number.isFractional = true
        var digits = position - firstDigit
        if base[position] == UInt8(ascii: ".") {
            position += 1
            let first = position
            readDigits(into: &number)
            guard position > first else {
                throw JSONError("digits must follow the decimal point", at: position)
            }
            digits += position - first
            number.exponent = first - position
        }
        let afterDigits = position
        if digits > 19 {
            position = firstDigit
            rescan(&number, from: firstDigit)
            position = afterDigits
        }
        if position < end, base[position] | 0x20 == UInt8(ascii: "e") {
            number.exponent += try readExponent()
        }
    }

    private mutating func readExponent() throws(JSONError) -> Int {
        position += 1
        var isNegative = false
        if position < end, base[position] == UInt8(ascii: "-") || base[position] == UInt8(ascii: "+") {
            isNegative = base[position] == UInt8(ascii: "-")
            position += 1
        }
        let first = position
        var value = 0
        while position < end, case let digit = base[position] &- UInt8(ascii: "0"), digit <= 9 {
            // Beyond any exponent that matters it only has to stay out of range.
            value = min(value * 10 + Int(digit), 1_000_000)
            position += 1
        }
        guard position > first else { throw JSONError("digits must follow the exponent", at: position) }
        return isNegative ? -value : value
    }

    /// The slow path for more than 19 digits: leading zeros count for nothing, digits past the 19th move the
    /// exponent.
    private mutating func rescan(_ number: inout DecimalNumber, from first: Int) {
        var offset = first
        var significant = 0
        var afterPoint = false
        number.mantissa = 0
        number.exponent = 0
        while offset < end {
            let byte = base[offset]
            offset += 1
            if byte == UInt8(ascii: "."), !afterPoint {
                afterPoint = true
                continue
            }
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            if significant < 19 {
                number.mantissa = number.mantissa * 10 + UInt64(digit)
                if number.mantissa > 0 { significant += 1 }
                if afterPoint { number.exponent -= 1 }
            } else {
                number.isTruncated = number.isTruncated || digit != 0
                if !afterPoint { number.exponent += 1 }
            }
        }
    }

    /// The beginning of a number's text, for people to read.
    private func quoted(_ number: DecimalNumber) -> String {
        let text = UnsafeBufferPointer(start: base + number.start, count: min(64, end - number.start))
        let digits = text.prefix { Self.isNumberByte($0) }
        return String(decoding: digits, as: UTF8.self) + (digits.count == 64 ? "…" : "")
    }

    /// The text of a number that was read before.
    func literal(_ number: DecimalNumber) -> String {
        var stop = number.start
        while stop < end, Self.isNumberByte(base[stop]) { stop += 1 }
        let text = UnsafeBufferPointer(start: base + number.start, count: stop - number.start)
        return String(decoding: text, as: UTF8.self)
    }

    private func outOfRange(_ number: DecimalNumber, _ type: String) -> JSONError {
        JSONError("\(quoted(number)) is out of range for \(type) float", at: number.start)
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func notANumber(_ start: Int) -> JSONError {
        position = start
        do {
            let kind = try peek()
            return JSONError(
                "expected a number, found \(kind == .number ? describe(start) : kind.rawValue)",
                at: start
            )
        } catch {
            return JSONError("expected a number, found \(describe(start))", at: start)
        }
    }
}
