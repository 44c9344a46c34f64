import TestKit
import Seeded
import Testing
import Wire

@Suite struct `Reading JSON` {
    @Test(
        arguments: [
            ("null", .null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("12", 12), ("-7", -7),
            ("1.5", 1.5), ("1e3", 1000.0), ("1E+2", 100.0), ("25e-1", 2.5),
            ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)),
            ("18446744073709551616", .double(18_446_744_073_709_551_616)),
            ("\"\"", ""), ("[]", []), ("{}", [:]), ("[1,[2,[]],{\"a\":{}}]", [1, [2, []], ["a": [:]]]),
            ("{\"a\":1,\"b\":[true,null]}", ["a": 1, "b": [true, nil]]),
            ("\n{\t\"k\" : \"v\" }\r\n", ["k": "v"]),
        ] as [(String, JSON)]
    )
    func `accepts what is JSON`(text: String, value: JSON) throws {
        #expect(try JSON(parsing: Array(text.utf8)) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "+1", "01", "-", "-01", "1.", ".5", "1e", "1e+", "0x1", "NaN",
        "Infinity",
        "-Infinity", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
        "{a:1}", "{1:2}", "{\"a\" 1}", "{,}", "[1]]", "[1}", "{\"a\":1]", "\"", "\"a", "\"\\", "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12G4\"", "\"\\uD800\"", "\"\\uD800\\u0041\"", "\"\\uDC00\"", "'a'", "1 2", "\u{FEFF}1", "1e400",
        "// 1",
    ])
    func `refuses what is not`(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: Array(text.utf8)) }
    }

    @Test func `names the place and the remedy of a control character`() {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: Array("\"a\nb\"".utf8)) }
        #expect(
            error?.description
                == "invalid JSON at byte 2: control character in a string; write it as an escape"
        )
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0xFF],
        ] as [[UInt8]]
    )
    func `refuses invalid UTF-8`(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC\ud83d\ude00""#, "Aé€😀"),
        (
            #""plain text that is longer than eight bytes, é and 😀""#,
            "plain text that is longer than eight bytes, é and 😀"
        ),
        (#""a long run before \n an escape""#, "a long run before \n an escape"), (#""\u0000""#, "\0"),
    ])
    func `unescapes strings`(text: String, value: String) throws {
        #expect(try JSON(parsing: Array(text.utf8)) == .string(value))
    }

    @Test func `finds a quote, an escape and a control character at every offset of a word`() throws {
        for count in 0..<40 {
            let run = String(repeating: "x", count: count)
            #expect(try JSON(parsing: Array("\"\(run)\"".utf8)) == .string(run))
            #expect(try JSON(parsing: Array("\"\(run)\\n\(run)é\"".utf8)) == .string("\(run)\n\(run)é"))
            #expect(throws: JSONError.self) { try JSON(parsing: Array("\"\(run)\u{1F}\(run)\"".utf8)) }
        }
    }

    @Test func `refuses every prefix of a document`() {
        let text = Array(#"{"a":[1.5e3,true,{"b":"x\u00e9y"}],"c":null}"#.utf8)
        for count in 0..<text.count {
            #expect(throws: JSONError.self) { try JSON(parsing: Array(text.prefix(count))) }
        }
    }

    @Test func `bounds nesting instead of the stack`() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        let error = #expect(throws: JSONError.self) { try JSON(parsing: deep) }
        #expect(error?.reason == "nested deeper than 128 levels")
        let fine = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(throws: Never.self) { try JSON(parsing: Array(fine.utf8)) }
    }

    @Test func `a key behind escapes is still that key`() throws {
        try Array(#"{"na\u006de":1}"#.utf8).reading { reader in
            try reader.enterObject()
            let key = try #require(try reader.nextKey())
            #expect(key == "name")
            #expect(!(key == "nam"))
        }
    }

    @Test func `skips any value and stands behind it`() throws {
        try Array(#"{"skip":{"a":[1,{"b":"}"}]},"keep":7}"#.utf8).reading { reader in
            try reader.enterObject()
            _ = try reader.nextKey()
            try reader.skipValue()
            let key = try reader.nextKey()
            #expect(key?.string == "keep")
            #expect(try reader.readInteger(Int.self) == 7)
            #expect(try reader.nextKey() == nil)
            try reader.finish()
        }
    }

    @Test func `what is written reads back, whatever it is`() throws {
        let failure = try firstFailure(of: 0..<500) { generator in
            let value = randomJSON(depth: 4, &generator)
            return try JSON(parsing: value.encoded()) == value
        }
        #expect(failure == nil)
    }
}

private func randomJSON(depth: Int, _ generator: inout SeededGenerator) -> JSON {
    switch generator.below(depth > 0 ? 7 : 5) {
    case 0: return .null
    case 1: return .bool(generator.below(2) == 0)
    case 2: return .integer(Int64(bitPattern: generator.next()) >> Int64(generator.below(64)))
    case 3:
        // Whole numbers read back as integers, so these stay fractional.
        return .double(Double(generator.below(1_000_000)) + 0.5)
    case 4: return .string(randomText(&generator))
    case 5: return .array((0..<generator.below(5)).map { _ in randomJSON(depth: depth - 1, &generator) })
    default:
        return .object(
            (0..<generator.below(5)).map { _ in
                JSON.Member(randomText(&generator), randomJSON(depth: depth - 1, &generator))
            }
        )
    }
}

private func randomText(_ generator: inout SeededGenerator) -> String {
    let alphabet: [Character] = ["a", "\"", "\\", "\n", "\0", "é", "😀", "/", "\u{7F}", "z"]
    return String((0..<generator.below(24)).map { _ in alphabet[generator.below(alphabet.count)] })
}
