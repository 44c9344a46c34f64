/// Strings: found eight bytes at a time, checked for control characters, escapes and UTF-8.
extension JSONReader {
    /// Reads the string whose opening quote is next.
    mutating func readText() throws(JSONError) -> JSONText {
        position += 1
        let start = position
        var isEscaped = false
        var isASCII = true
        while true {
            position = JSONScan.plainRun(base, from: position, to: end, isASCII: &isASCII)
            guard position < end else { throw JSONError("the string has no closing quote", at: start - 1) }
            switch base[position] {
            case UInt8(ascii: "\""):
                let raw = UnsafeBufferPointer(start: base + start, count: position - start)
                if !isASCII { try checkUTF8(raw, at: start) }
                position += 1
                opened = false
                return JSONText(raw: raw, isEscaped: isEscaped, offset: start)
            case UInt8(ascii: "\\"):
                isEscaped = true
                try skipEscape()
            default:
                throw JSONError("control character in a string; write it as an escape", at: position)
            }
        }
    }

    private mutating func skipEscape() throws(JSONError) {
        guard position + 1 < end else { throw JSONError("the text ends inside an escape", at: position) }
        let kind = base[position + 1]
        guard kind == UInt8(ascii: "u") else {
            guard Self.simpleEscape(kind) != nil else {
                throw JSONError("\\\(describe(position + 1)) is no escape", at: position)
            }
            position += 2
            return
        }
        guard position + 6 <= end, let unit = Self.hex4(base + position + 2) else {
            throw JSONError("\\u needs four hexadecimal digits", at: position)
        }
        switch unit & 0xFC00 {
        case 0xD800:
            guard position + 12 <= end, base[position + 6] == UInt8(ascii: "\\"),
                base[position + 7] == UInt8(ascii: "u"), let low = Self.hex4(base + position + 8),
                low & 0xFC00 == 0xDC00
            else { throw JSONError("a high surrogate without its low one", at: position) }
            position += 12
        case 0xDC00: throw JSONError("a low surrogate without its high one", at: position)
        default: position += 6
        }
    }

    private func checkUTF8(_ raw: UnsafeBufferPointer<UInt8>, at start: Int) throws(JSONError) {
        guard String(validating: raw, as: UTF8.self) != nil else {
            throw JSONError("the string is not valid UTF-8", at: start)
        }
    }

    static func simpleEscape(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    static func hex4(_ digits: UnsafePointer<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for index in 0..<4 {
            guard let digit = Character(Unicode.Scalar(digits[index])).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
