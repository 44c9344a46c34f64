import Glibc

/// A string as it stands in a JSON text: where it is, and whether it must be unescaped.
///
/// It points into the bytes of the reader that made it, and lives no longer than they do.
package struct JSONText {
    /// The bytes between the quotes.
    package let raw: UnsafeBufferPointer<UInt8>
    /// Whether a backslash occurs, so that `raw` is not yet the text.
    package let isEscaped: Bool
    /// Offset of the first byte between the quotes from the start of the JSON text.
    package let offset: Int

    package static func == (text: JSONText, literal: StaticString) -> Bool {
        // A key that hides behind escapes is still that key, so the slow path compares the unescaped text.
        // An escape has at most six bytes for one of the text, so a long key is no literal, and costs nothing.
        guard !text.isEscaped else {
            return text.raw.count <= 6 * literal.utf8CodeUnitCount && text.string == "\(literal)"
        }
        guard text.raw.count == literal.utf8CodeUnitCount else { return false }
        for index in 0..<text.raw.count where text.raw[index] != literal.utf8Start[index] { return false }
        return true
    }

    package static func ~= (literal: StaticString, text: JSONText) -> Bool { text == literal }

    package var string: String {
        guard isEscaped else { return String(decoding: raw, as: UTF8.self) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text's UTF-8 bytes, unescaped.
    ///
    /// The reader checked the escapes, so this cannot fail.
    package var bytes: [UInt8] {
        guard isEscaped, let source = raw.baseAddress else { return [UInt8](raw) }
        // Unescaping never lengthens: the shortest escape of a 3-byte character has 6 bytes.
        return [UInt8](unsafeUninitializedCapacity: raw.count) { buffer, count in
            guard let target = buffer.baseAddress else { return }
            count = Self.unescape(source, raw.count, into: target)
        }
    }
}

extension JSONText {
    /// Copies runs without a backslash whole (`memchr` looks at 32 bytes at a time) and translates what lies
    /// between them.
    private static func unescape(
        _ source: UnsafePointer<UInt8>,
        _ length: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var read = 0
        var written = 0
        while read < length {
            let found = memchr(source + read, Int32(UInt8(ascii: "\\")), length - read)
            let run =
                found.map { source.distance(to: $0.assumingMemoryBound(to: UInt8.self)) - read } ?? length
                - read
            memcpy(target + written, source + read, run)
            read += run
            written += run
            guard read < length else { break }
            let escape = JSONEscape(source + read)
            for byte in UTF8.encode(escape.scalar) ?? UTF8.encodedReplacementCharacter {
                target[written] = byte
                written += 1
            }
            read += escape.length
        }
        return written
    }
}

/// One escape sequence that is known to be well formed.
private struct JSONEscape {
    let scalar: Unicode.Scalar
    /// Bytes it takes in the text: 2, 6, or 12 for a surrogate pair.
    let length: Int

    init(_ bytes: UnsafePointer<UInt8>) {
        guard bytes[1] == UInt8(ascii: "u") else {
            scalar = Unicode.Scalar(JSONReader.simpleEscape(bytes[1]) ?? bytes[1])
            length = 2
            return
        }
        let unit = JSONReader.hex4(bytes + 2) ?? 0
        if unit & 0xFC00 == 0xD800 {
            let low = JSONReader.hex4(bytes + 8) ?? 0
            scalar = Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF) ?? "\u{FFFD}"
            length = 12
        } else {
            scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
            length = 6
        }
    }
}
