/// A pull reader over JSON bytes (RFC 8259): the caller asks for what it expects, nothing is built that nobody
/// asked for.
///
/// Tensors come as megabytes of JSON inside the JSON of an event, so the reader never copies, keeps no tree, and
/// skips what is unknown eight bytes at a time. It borrows the bytes: use it inside `withUnsafeBufferPointer` only.
/// Everything it accepts is valid JSON in valid UTF-8; nesting beyond `depthMax` is refused.
package struct JSONReader {
    /// What the next value is, told by its first byte.
    package enum Kind: String {
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case number = "a number"
        case bool = "true or false"
        case null
    }

    /// Deep enough for any request or event; a stack frame of `skipValue` is small, so no input exhausts the stack.
    package static let depthMax = 128

    let base: UnsafePointer<UInt8>
    let end: Int
    package internal(set) var position: Int
    var depth = 0
    /// Whether a bracket was just opened, so that the next member needs no comma before it.
    var opened = false

    /// Reads `bytes` from `position` on.
    package init(_ bytes: UnsafeBufferPointer<UInt8>, position: Int = 0) {
        // An empty buffer has no address; any will do as it is never read.
        base = bytes.baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped
        end = bytes.count
        self.position = position
    }

    // MARK: Structure

    /// The kind of the value that comes next.
    package mutating func peek() throws(JSONError) -> Kind {
        skipWhitespace()
        guard position < end else { throw JSONError("the text ends where a value is expected", at: position) }
        switch base[position] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw JSONError("\(describe(position)) begins no value", at: position)
        }
    }

    /// Steps into an object; ask for its members with `nextKey` until that returns nil.
    package mutating func enterObject() throws(JSONError) { try enter(.object) }

    /// Steps into an array; ask for its elements with `nextElement` until that returns false.
    package mutating func enterArray() throws(JSONError) { try enter(.array) }

    /// The key of the next member, leaving the reader before its value; nil once, at the object's end.
    package mutating func nextKey() throws(JSONError) -> JSONText? {
        guard try next(closing: UInt8(ascii: "}")) else { return nil }
        guard position < end, base[position] == UInt8(ascii: "\"") else {
            throw JSONError("expected a key in quotes, found \(describe(position))", at: position)
        }
        let key = try readText()
        skipWhitespace()
        guard position < end, base[position] == UInt8(ascii: ":") else {
            throw JSONError("expected ':' after the key, found \(describe(position))", at: position)
        }
        position += 1
        return key
    }

    /// Whether another element follows, leaving the reader before it; false once, at the array's end.
    package mutating func nextElement() throws(JSONError) -> Bool {
        try next(closing: UInt8(ascii: "]"))
    }

    /// Checks that nothing but white space follows.
    package mutating func finish() throws(JSONError) {
        skipWhitespace()
        guard position == end else {
            throw JSONError("\(describe(position)) after the end of the value", at: position)
        }
    }

    /// Steps over the next value, checking that it is well formed.
    package mutating func skipValue() throws(JSONError) {
        switch try peek() {
        case .object:
            try enterObject()
            while try nextKey() != nil { try skipValue() }
        case .array:
            try enterArray()
            while try nextElement() { try skipValue() }
        case .string: _ = try readText()
        case .number: _ = try readDouble()
        case .bool: _ = try readBool()
        case .null: try readNull()
        }
    }

    private mutating func enter(_ kind: Kind) throws(JSONError) {
        try expect(kind)
        depth += 1
        guard depth <= Self.depthMax else {
            throw JSONError("nested deeper than \(Self.depthMax) levels", at: position)
        }
        position += 1
        opened = true
    }

    private mutating func next(closing: UInt8) throws(JSONError) -> Bool {
        skipWhitespace()
        guard position < end else { throw JSONError("the text ends inside a bracket", at: position) }
        if base[position] == closing {
            position += 1
            depth -= 1
            opened = false
            return false
        }
        if opened {
            opened = false
            return true
        }
        guard base[position] == UInt8(ascii: ",") else {
            throw JSONError("expected ',', found \(describe(position))", at: position)
        }
        position += 1
        skipWhitespace()
        guard position < end, base[position] != closing else {
            throw JSONError("nothing follows the comma", at: position)
        }
        return true
    }

    // MARK: Scalars other than numbers

    /// The string that comes next, as it stands in the text, escapes and all.
    package mutating func readString() throws(JSONError) -> JSONText {
        try expect(.string)
        return try readText()
    }

    package mutating func readBool() throws(JSONError) -> Bool {
        try expect(.bool)
        let value = base[position] == UInt8(ascii: "t")
        try readLiteral(value ? "true" : "false")
        return value
    }

    package mutating func readNull() throws(JSONError) {
        try expect(.null)
        try readLiteral("null")
    }

    // MARK: Helpers

    mutating func expect(_ kind: Kind) throws(JSONError) {
        let found = try peek()
        guard found == kind else {
            throw JSONError("expected \(kind.rawValue), found \(found.rawValue)", at: position)
        }
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while position < end {
            switch base[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func readLiteral(_ literal: StaticString) throws(JSONError) {
        let count = literal.utf8CodeUnitCount
        for index in 0..<count {
            guard position + index < end, base[position + index] == literal.utf8Start[index] else {
                throw JSONError("expected \(literal)", at: position)
            }
        }
        position += count
        opened = false
    }

    func describe(_ offset: Int) -> String {
        guard offset < end else { return "the end of the text" }
        let byte = base[offset]
        guard (0x21...0x7E).contains(byte) else { return "byte 0x" + String(byte, radix: 16) }
        return "'\(Character(Unicode.Scalar(byte)))'"
    }
}

extension JSONReader {
    /// A reader of the same bytes that begins at another offset, where a value begins.
    package func moved(to offset: Int) -> JSONReader {
        var reader = JSONReader(UnsafeBufferPointer(start: base, count: end))
        reader.position = offset
        return reader
    }

    /// The kind of the first element of the array that comes next, without moving; nil when the array is empty.
    package func elementKind() throws(JSONError) -> Kind? {
        var reader = self
        try reader.enterArray()
        return try reader.nextElement() ? reader.peek() : nil
    }
}
