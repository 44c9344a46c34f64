import Seeded
import TestKit
import Testing
import Wire

@Suite struct `Base64` {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `follows the published vectors`(plain: String, encoded: String) throws {
        #expect(Wire.Base64.encode(Array(plain.utf8)) == Array(encoded.utf8))
        #expect(try Wire.Base64.decode(Array(encoded.utf8)) == Array(plain.utf8))
    }

    @Test func `decodes what it encoded, of every length`() throws {
        let failure = try firstFailure(of: 0..<300) { generator in
            let bytes = (0..<Int(generator.below(100))).map { _ in UInt8(truncatingIfNeeded: generator.next())
            }
            return try Wire.Base64.decode(Wire.Base64.encode(bytes)) == bytes
        }
        #expect(failure == nil)
    }

    @Test(arguments: [
        ("Zg=", "pad it"), ("Zg", "pad it"), ("Zm9*", "offset 3"), ("====", "offset"), ("Z===", "offset"),
        ("Zm9vZ-8_", "offset 5"), ("Zm9v Zm9", "offset 4"), ("=m9v", "offset 0"),
    ])
    func `refuses what is none and says where`(text: String, hint: String) {
        let error = #expect(throws: Wire.Base64.Malformed.self) { try Wire.Base64.decode(Array(text.utf8)) }
        #expect(error?.description.contains(hint) == true)
    }
}
