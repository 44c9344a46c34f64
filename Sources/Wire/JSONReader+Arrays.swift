/// A number type that tensors are made of.
package protocol JSONNumber: BitwiseCopyable {
    static func read(from reader: inout JSONReader) throws(JSONError) -> Self

    /// The number ±digits · 10^-scale, exactly rounded; nil where that takes more than a few operations.
    ///
    /// - Parameters:
    ///   - digits: below 10^18.
    ///   - scale: 0 for an integer literal, at most 18.
    static func short(digits: Int64, scale: Int, isNegative: Bool) -> Self?
}

/// Powers of ten that a Float holds exactly.
private let shortPowers: [Float] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10]

extension Float: JSONNumber {
    @inline(__always)
    package static func read(from reader: inout JSONReader) throws(JSONError) -> Float {
        try reader.readFloat()
    }

    @inline(__always)
    package static func short(digits: Int64, scale: Int, isNegative: Bool) -> Float? {
        if digits < 1 << 24, scale < shortPowers.count {
            // Both operands are exact, so the one division rounds once.
            let value = scale == 0 ? Float(digits) : Float(digits) / shortPowers[scale]
            return isNegative ? -value : value
        }
        // As a double it is off by two units in the last place at most, far less than half a float's.
        let near = scale == 0 ? Double(digits) : Double(digits) / exactPowers[scale]
        guard !near.isNearMiddleOfFloats else { return nil }
        return isNegative ? -Float(near) : Float(near)
    }
}

extension Double: JSONNumber {
    @inline(__always)
    package static func read(from reader: inout JSONReader) throws(JSONError) -> Double {
        try reader.readDouble()
    }

    @inline(__always)
    package static func short(digits: Int64, scale: Int, isNegative: Bool) -> Double? {
        // Both operands are exact, so the one division rounds once.
        guard digits <= 1 << 53 else { return nil }
        let value = scale == 0 ? Double(digits) : Double(digits) / exactPowers[scale]
        return isNegative ? -value : value
    }
}

extension JSONNumber where Self: FixedWidthInteger {
    @inline(__always)
    package static func read(from reader: inout JSONReader) throws(JSONError) -> Self {
        try reader.readInteger()
    }

    @inline(__always)
    package static func short(digits: Int64, scale: Int, isNegative: Bool) -> Self? {
        guard scale == 0 else { return nil }
        return Self(exactly: isNegative ? -digits : digits)
    }
}

extension Int8: JSONNumber {}
extension Int16: JSONNumber {}
extension Int32: JSONNumber {}
extension Int64: JSONNumber {}
extension UInt8: JSONNumber {}
extension UInt16: JSONNumber {}
extension UInt32: JSONNumber {}
extension UInt64: JSONNumber {}

/// Tensors: the inner loop that reads megabytes, straight into the tensor's memory.
extension JSONReader {
    /// Reads an array of numbers into `target` from `count` on, and moves `count` past them.
    ///
    /// Stops with an error at the first element that finds no room, so a text that lies about its length costs no
    /// memory.
    package mutating func readNumbers<Number: JSONNumber>(
        into target: UnsafeMutableBufferPointer<Number>,
        count: inout Int
    ) throws(JSONError) {
        try enterArray()
        while true {
            readShortNumbers(into: target, count: &count)
            guard try nextElement() else { return }
            guard count < target.count else {
                throw JSONError("more than the \(target.count) elements that the shape holds", at: position)
            }
            target[count] = try Number.read(from: &self)
            count += 1
        }
    }

    /// Reads numbers of up to 18 digits that stand close together, as long as that goes well.
    ///
    /// Most tensors are nothing else: `[0,5.0,-13,…`. Whatever is not so plain is left to the general path, errors
    /// as well; the reader stands before a comma, the closing bracket, or right behind the opening one.
    @inline(__always)
    private mutating func readShortNumbers<Number: JSONNumber>(
        into target: UnsafeMutableBufferPointer<Number>,
        count: inout Int
    ) {
        guard let numbers = target.baseAddress else { return }
        // In locals, which stay in registers as the reader's own fields would not.
        var index = count
        var stop = position
        var isFirst = opened
        while index < target.count {
            var offset = stop
            if !isFirst {
                guard offset < end, base[offset] == UInt8(ascii: ",") else { break }
                offset += 1
                if offset < end, base[offset] == UInt8(ascii: " ") { offset += 1 }
            }
            guard let number = shortNumber(Number.self, at: &offset) else { break }
            numbers[index] = number
            index += 1
            stop = offset
            isFirst = false
        }
        count = index
        position = stop
        opened = isFirst
    }

    /// The number at an offset, moved past it; nil when it is not short or no number.
    @inline(__always)
    private func shortNumber<Number: JSONNumber>(_ type: Number.Type, at offset: inout Int) -> Number? {
        // Eighteen digits, a sign, a point and a word beyond: no bound has to be checked on the way.
        guard offset + 32 <= end else { return nil }
        let isNegative = base[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let start = offset
        var digits: Int64 = 0
        readDigits(into: &digits, at: &offset, stop: start + 18)
        let whole = offset - start
        guard whole == 1 || (whole > 1 && base[start] != UInt8(ascii: "0")) else { return nil }
        var scale = 0
        if base[offset] == UInt8(ascii: ".") {
            let point = offset + 1
            offset = point
            readDigits(into: &digits, at: &offset, stop: point + min(3, 18 - whole))
            if offset == point + 3, whole <= 8, Self.areDigits(word(at: offset)) {
                digits = digits &* 100_000_000 &+ Int64(Self.eightDigits(word(at: offset)))
                offset += 8
            }
            readDigits(into: &digits, at: &offset, stop: point + 18 - whole)
            scale = offset - point
            guard scale > 0 else { return nil }
        }
        // More digits, an exponent or anything else makes it a case for the general path.
        guard base[offset] == UInt8(ascii: ",") || base[offset] == UInt8(ascii: "]") else { return nil }
        return Number.short(digits: digits, scale: scale, isNegative: isNegative)
    }

    /// Adds the digits from an offset up to a stop, or up to what is none.
    @inline(__always)
    private func readDigits(into digits: inout Int64, at offset: inout Int, stop: Int) {
        while offset < stop, case let digit = base[offset] &- UInt8(ascii: "0"), digit <= 9 {
            digits = digits &* 10 &+ Int64(digit)
            offset += 1
        }
    }

    @inline(__always)
    private func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
    }
}
