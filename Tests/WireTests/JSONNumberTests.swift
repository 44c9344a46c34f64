import Glibc
import TestKit
import Seeded
import Testing
import Wire

@Suite struct `Numbers in JSON` {
    @Test func `every float that Swift writes reads back the same`() throws {
        let failure = try firstFailure(of: 0..<20_000) { generator in
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            guard value.isFinite else { return true }
            return try read("\(value)") { try $0.readFloat() } == value
        }
        #expect(failure == nil)
    }

    @Test func `every double that Swift writes reads back the same`() throws {
        let failure = try firstFailure(of: 0..<20_000) { generator in
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { return true }
            return try read("\(value)") { try $0.readDouble() } == value
        }
        #expect(failure == nil)
    }

    @Test func `decimals of any length round as the C library rounds them`() throws {
        let failure = try firstFailure(of: 0..<20_000) { generator in
            let text = randomDecimal(&generator)
            let double = try read(text) { try $0.readDouble() }
            let float = try read(text) { try $0.readFloat() }
            return double == strtod(text, nil) && float == strtof(text, nil)
        }
        #expect(failure == nil)
    }

    @Test(arguments: [
        "16777217", "16777219", "1.00000005960464477539062500000", "1.00000005960464477539062500001",
        "1.0000000596046447753906249999", "0.1", "3.4028234e38", "1e-45", "7e-46", "1.17549435e-38",
        "8388609.5",
        "123456789012345678901234567890", "0.000000000000000000000000000000000000001",
        "9007199254740993", "9007199254740992.5", "2.2250738585072011e-308",
    ])
    func `hard cases round as the C library rounds them`(text: String) throws {
        #expect(try read(text) { try $0.readFloat() } == strtof(text, nil))
        #expect(try read(text) { try $0.readDouble() } == strtod(text, nil))
    }

    @Test func `a negative zero keeps its sign`() throws {
        #expect(try read("-0.0") { try $0.readFloat() }.sign == .minus)
    }

    @Test(arguments: ["3.5e38", "1e39", "-1e40"])
    func `a float refuses what only a double holds`(text: String) {
        #expect(throws: JSONError.self) { try read(text) { try $0.readFloat() } }
    }

    @Test(arguments: [("127", 127), ("-128", -128), ("-0", 0), ("0", 0)] as [(String, Int8)])
    func `integers reach their bounds`(text: String, value: Int8) throws {
        #expect(try read(text) { try $0.readInteger(Int8.self) } == value)
    }

    @Test(arguments: ["128", "-129", "1.0", "1e1", "99999999999999999999999999", "\"1\"", "true"])
    func `integers refuse what they cannot hold`(text: String) {
        #expect(throws: JSONError.self) { try read(text) { try $0.readInteger(Int8.self) } }
    }

    @Test func `the largest unsigned integer is read and the next is refused`() throws {
        #expect(try read("18446744073709551615") { try $0.readInteger(UInt64.self) } == .max)
        #expect(throws: JSONError.self) {
            try read("18446744073709551616") { try $0.readInteger(UInt64.self) }
        }
        #expect(throws: JSONError.self) { try read("-1") { try $0.readInteger(UInt64.self) } }
    }

    @Test func `an array stops at the capacity of its target`() throws {
        let error = #expect(throws: JSONError.self) {
            try Array("[1,2,3]".utf8).reading { reader in
                let target = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2)
                defer { target.deallocate() }
                var count = 0
                try reader.readNumbers(into: target, count: &count)
            }
        }
        #expect(error?.reason == "more than the 2 elements that the shape holds")
    }
}

private func read<Number>(
    _ text: String,
    _ body: (inout JSONReader) throws -> Number
) throws -> Number {
    try Array(text.utf8).reading { reader in
        let number = try body(&reader)
        try reader.finish()
        return number
    }
}

private func randomDecimal(_ generator: inout SeededGenerator) -> String {
    let digits = { (count: Int, generator: inout SeededGenerator) in
        String((0..<count).map { _ in Character(String(generator.below(10))) })
    }
    let whole =
        generator.below(3) == 0
        ? "0" : String(1 + generator.below(9)) + digits(generator.below(12), &generator)
    let sign = generator.below(2) == 0 ? "-" : ""
    let fraction = generator.below(4) == 0 ? "" : "." + digits(1 + generator.below(22), &generator)
    let exponent = generator.below(2) == 0 ? "" : "e\(generator.below(50) - 25)"
    return sign + whole + fraction + exponent
}

@Suite struct `Floats as text` {
    private func text(_ value: Float) -> String {
        var writer = JSONWriter()
        writer.float(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `read back the same and are as short as Swift's, whatever the value`() {
        let failure = firstFailure(of: 0..<50_000) { generator in
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            guard value.isFinite, value != 0 else { return true }
            let text = text(value)
            return Float(text) == value && significant(text).count <= significant(value.description).count
        }
        #expect(failure == nil)
    }

    @Test(
        arguments: [
            (0.1, "0.1"), (1, "1.0"), (-2.5, "-2.5"), (100, "100.0"), (0, "0.0"), (-0.0, "-0.0"),
            (16_777_216, "16777216.0"),
            (1e-5, "1e-05"), (3.7798546e-07, "3.7798546e-07"), (1e20, "1e+20"), (0.00012345, "0.00012345"),
            (3.4028235e38, "3.4028235e+38"), (.leastNonzeroMagnitude, "1e-45"),
            (.leastNormalMagnitude, "1.1754944e-38"),
            (123.456, "123.456"),
            (.infinity, "null"), (.nan, "null"), (9_999_999, "9999999.0"), (1_234_567_936, "1.234568e+09"),
        ] as [(Float, String)]
    )
    func `are decimals while that is short`(value: Float, expected: String) {
        #expect(text(value) == expected)
    }

    @Test func `hold at every power of two and its neighbours`() {
        for exponent in 1...254 {
            let power = Float(bitPattern: UInt32(exponent) << 23)
            for value in [power, power.nextUp, power.nextDown] {
                #expect(Float(text(value)) == value)
                #expect(significant(text(value)).count <= significant(value.description).count, "\(value)")
            }
        }
    }

    /// The digits without point, sign, exponent and the zeros around them.
    private func significant(_ text: String) -> String {
        let digits = text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" }
        return String(digits.reversed().drop { $0 == "0" }.reversed())
    }
}
