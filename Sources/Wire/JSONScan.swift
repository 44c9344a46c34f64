/// The scan that reading and writing strings share.
enum JSONScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The offset of the first quote, backslash or control character from `start` on.
    ///
    /// Eight bytes at a time ("SIMD within a register"): a byte that equals zero after an exclusive or with the
    /// pattern sets its high bit in `(x - 0x01…) & ~x & 0x80…` (Mycroft 1987); bytes below it are exact, which is
    /// all we need.
    static func plainRun(
        _ base: UnsafePointer<UInt8>,
        from start: Int,
        to end: Int,
        isASCII: inout Bool
    ) -> Int {
        var offset = start
        var seen: UInt64 = 0
        defer { isASCII = isASCII && seen & highs == 0 }
        while offset + 8 <= end {
            let word = UInt64(
                littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self)
            )
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let stops =
                ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash
                    | (word &- ones &* 0x20) & ~word) & highs
            guard stops == 0 else {
                let count = stops.trailingZeroBitCount / 8
                seen |= count == 0 ? 0 : word << UInt64(64 - 8 * count)
                return offset + count
            }
            seen |= word
            offset += 8
        }
        while offset < end {
            let byte = base[offset]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            seen |= UInt64(byte)
            offset += 1
        }
        return offset
    }
}
