/// Base64 as API Gateway, load balancers and function URLs write it (RFC 4648, section 4: standard alphabet, padded).
package enum Base64 {
    /// Why text is not Base64.
    package enum Malformed: Error, Equatable, CustomStringConvertible {
        case length(Int)
        case character(offset: Int)

        package var description: String {
            switch self {
            case .length(let count):
                "base64 text of \(count) characters: its length must be a multiple of 4; pad it with '='"
            case .character(let offset):
                "invalid base64 character at offset \(offset); use A-Z, a-z, 0-9, '+' and '/', with '=' only as padding"
            }
        }
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    /// The six bits of each character; 0xFF for what is none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// The bytes that a text stands for.
    package static func decode(_ text: some Collection<UInt8>) throws(Malformed) -> [UInt8] {
        let decoded: Result<[UInt8], Malformed>? = text.withContiguousStorageIfAvailable { buffer in
            Result { () throws(Malformed) in try decode(buffer: buffer) }
        }
        guard let decoded else { return try decode(Array(text)) }
        return try decoded.get()
    }

    private static func decode(buffer: UnsafeBufferPointer<UInt8>) throws(Malformed) -> [UInt8] {
        guard buffer.count % 4 == 0 else { throw .length(buffer.count) }
        guard let text = buffer.baseAddress, buffer.count > 0 else { return [] }
        let padding =
            text[buffer.count - 1] != UInt8(ascii: "=")
            ? 0 : text[buffer.count - 2] != UInt8(ascii: "=") ? 1 : 2
        let fullGroups = buffer.count / 4 - (padding > 0 ? 1 : 0)
        var invalid: UInt8 = 0
        var bytes = [UInt8](unsafeUninitializedCapacity: buffer.count / 4 * 3) { target, count in
            guard let target = target.baseAddress else { return }
            values.withUnsafeBufferPointer {
                invalid = decode(groups: fullGroups, of: text, with: $0, into: target)
            }
            count = fullGroups * 3
        }
        if padding > 0 {
            invalid |= decodeLast(text + fullGroups * 4, padding: padding, into: &bytes)
        }
        guard invalid & 0x80 == 0 else {
            throw .character(offset: firstInvalid(in: buffer, padding: padding))
        }
        return bytes
    }

    /// Decodes whole groups; the high bit of the answer is set when any character was none of the alphabet.
    private static func decode(
        groups: Int,
        of text: UnsafePointer<UInt8>,
        with values: UnsafeBufferPointer<UInt8>,
        into target: UnsafeMutablePointer<UInt8>
    ) -> UInt8 {
        guard let values = values.baseAddress else { return 0 }
        var invalid: UInt8 = 0
        var source = text
        var target = target
        for _ in 0..<groups {
            let (a, b) = (values[Int(source[0])], values[Int(source[1])])
            let (c, d) = (values[Int(source[2])], values[Int(source[3])])
            invalid |= a | b | c | d
            target[0] = a << 2 | b >> 4
            target[1] = b << 4 | c >> 2
            target[2] = c << 6 | d
            source += 4
            target += 3
        }
        return invalid
    }

    private static func decodeLast(_ text: UnsafePointer<UInt8>, padding: Int, into bytes: inout [UInt8])
        -> UInt8
    {
        let (a, b) = (values[Int(text[0])], values[Int(text[1])])
        let c = padding == 1 ? values[Int(text[2])] : 0
        bytes.append(a << 2 | b >> 4)
        if padding == 1 { bytes.append(b << 4 | c >> 2) }
        return a | b | c
    }

    private static func firstInvalid(in buffer: UnsafeBufferPointer<UInt8>, padding: Int) -> Int {
        buffer.dropLast(padding).firstIndex { values[Int($0)] == 0xFF } ?? buffer.count - padding
    }

    /// The text that stands for bytes.
    package static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let encoded = bytes.withContiguousStorageIfAvailable { buffer in
            [UInt8](unsafeUninitializedCapacity: (buffer.count + 2) / 3 * 4) { target, count in
                alphabet.withUnsafeBufferPointer { count = encode(buffer, with: $0, into: target) }
            }
        }
        return encoded ?? encode(Array(bytes))
    }

    private static func encode(
        _ bytes: UnsafeBufferPointer<UInt8>,
        with alphabet: UnsafeBufferPointer<UInt8>,
        into target: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var written = 0
        var offset = 0
        while offset < bytes.count {
            let left = bytes.count - offset
            let word =
                UInt32(bytes[offset]) << 16 | UInt32(left > 1 ? bytes[offset + 1] : 0) << 8
                | UInt32(left > 2 ? bytes[offset + 2] : 0)
            target[written] = alphabet[Int(word >> 18)]
            target[written + 1] = alphabet[Int(word >> 12 & 63)]
            target[written + 2] = left > 1 ? alphabet[Int(word >> 6 & 63)] : UInt8(ascii: "=")
            target[written + 3] = left > 2 ? alphabet[Int(word & 63)] : UInt8(ascii: "=")
            written += 4
            offset += 3
        }
        return written
    }
}
