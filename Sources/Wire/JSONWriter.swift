/// Appends JSON to bytes; the caller places brackets and commas, the writer gets escapes and numbers right.
package struct JSONWriter {
    package private(set) var bytes: [UInt8]

    package init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Appends text as it is: brackets, commas, keys that need no escape.
    @inline(__always)
    package mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends bytes that are JSON already.
    package mutating func raw(_ json: some Collection<UInt8>) { bytes.append(contentsOf: json) }

    /// Appends a string with its quotes.
    package mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string($0) }
    }

    /// Appends a string with its quotes from bytes that are valid UTF-8.
    package mutating func string(_ utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        if let base = utf8.baseAddress {
            var start = 0
            var isASCII = true
            while true {
                let stop = JSONScan.plainRun(base, from: start, to: utf8.count, isASCII: &isASCII)
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<stop]))
                guard stop < utf8.count else { break }
                escape(utf8[stop])
                start = stop + 1
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func integer(_ value: some FixedWidthInteger) {
        // Most integers of a shape, a status or a class have one digit.
        if let digit = UInt8(exactly: value), digit < 10 { return bytes.append(UInt8(ascii: "0") + digit) }
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Appends the shortest decimal that reads back as the same value; JSON has no infinities and no NaN, they
    /// become null.
    package mutating func number(_ value: some BinaryFloatingPoint & LosslessStringConvertible) {
        guard value.isFinite else { return raw("null") }
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Appends a float as `number` does, and in the same digits, three times as fast.
    ///
    /// From 0.0001 to 2^24 as a decimal, outside as digits and an exponent.
    package mutating func float(_ value: Float) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.floatMax) { buffer in
            guard let start = buffer.baseAddress else { return }
            let count = Self.write(value, to: start)
            bytes.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
        }
    }

    /// More bytes than any float takes: a sign, nine digits, four zeros, a point, an exponent, and room to move
    /// digits.
    static let floatMax = 32

    /// Writes a float's text, at most `floatMax` bytes; returns their number.
    @inline(__always)
    static func write(_ value: Float, to target: UnsafeMutablePointer<UInt8>) -> Int {
        let magnitude = value.magnitude
        guard magnitude < .infinity, magnitude > 0 else { return writeSpecial(value, to: target) }
        guard value < 0 else { return DecimalText(ShortestFloat(magnitude)).write(to: target) }
        target[0] = UInt8(ascii: "-")
        return 1 + DecimalText(ShortestFloat(magnitude)).write(to: target + 1)
    }

    private static func writeSpecial(_ value: Float, to target: UnsafeMutablePointer<UInt8>) -> Int {
        let text: StaticString = value != 0 ? "null" : value.sign == .minus ? "-0.0" : "0.0"
        target.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        return text.utf8CodeUnitCount
    }

    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    package mutating func value(_ value: JSON) {
        switch value {
        case .null: raw("null")
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .double(let value): number(value)
        case .string(let value): string(value)
        case .array(let elements):
            raw("[")
            list(elements) { $0.value($1) }
            raw("]")
        case .object(let members):
            raw("{")
            list(members) { writer, member in
                writer.string(member.key)
                writer.raw(":")
                writer.value(member.value)
            }
            raw("}")
        }
    }

    /// Appends elements with commas between them.
    @inline(__always)
    package mutating func list<Element>(
        _ elements: some Sequence<Element>,
        _ write: (inout JSONWriter, Element) -> Void
    ) {
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            write(&self, element)
        }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case 0x0A: raw("\\n")
        case 0x0D: raw("\\r")
        case 0x09: raw("\\t")
        default:
            raw("\\u00")
            for digit in [byte >> 4, byte & 0xF] {
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
