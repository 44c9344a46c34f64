package import Wire

/// Reads the XML of AWS's answers into the tree that JSON answers have: elements with children are objects, others strings.
///
/// Attributes and namespaces carry nothing in these answers and are dropped. A document type is refused, so no entity can grow;
/// nesting is bounded.
package struct XMLReader {
    /// Why bytes are not such XML, and where.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package let reason: String
        package let offset: Int

        package var description: String { "invalid XML at byte \(offset): \(reason)" }
    }

    private static let depthMax = 64

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The document as an object with one member, its root element.
    package static func read(_ bytes: [UInt8]) throws(Malformed) -> JSON {
        var reader = XMLReader(bytes)
        try reader.skipMisc()
        guard !reader.take("<!") else { throw reader.malformed("a document type is not allowed") }
        guard reader.position < bytes.count else { throw reader.malformed("there is no element") }
        let root = try reader.element(depth: 0)
        try reader.skipMisc()
        guard reader.position == bytes.count else { throw reader.malformed("text follows the root element") }
        return .object([root])
    }

    // MARK: Elements

    /// The element whose `<` comes next.
    private mutating func element(depth: Int) throws(Malformed) -> JSON.Member {
        guard depth < Self.depthMax else { throw malformed("nested deeper than \(Self.depthMax) levels") }
        guard take("<") else { throw malformed("expected an element") }
        let name = try self.name()
        try skipAttributes()
        if take("/>") { return JSON.Member(name, .string("")) }
        guard take(">") else { throw malformed("the tag '\(name)' does not end") }
        var children: [JSON.Member] = []
        var text: [UInt8] = []
        while !take("</") {
            guard position < bytes.count else { throw malformed("the element '\(name)' does not end") }
            if take("<!--") {
                try skip(to: "-->")
            } else if take("<![CDATA[") {
                let start = position
                try skip(to: "]]>")
                text += bytes[start..<position - 3]
            } else if bytes[position] == UInt8(ascii: "<") {
                children.append(try element(depth: depth + 1))
            } else {
                try readText(into: &text)
            }
        }
        let end = try self.name()
        skipBlanks()
        guard end == name, take(">") else { throw malformed("'\(name)' is closed by '\(end)'") }
        return JSON.Member(
            name,
            children.isEmpty ? .string(String(decoding: text, as: UTF8.self)) : .object(children)
        )
    }

    /// A name without its namespace prefix.
    private mutating func name() throws(Malformed) -> String {
        let start = position
        while position < bytes.count, !Self.isBlank(bytes[position]), !">/=".utf8.contains(bytes[position]) {
            position += 1
        }
        guard position > start else { throw malformed("expected a name") }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        return name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name
    }

    private mutating func skipAttributes() throws(Malformed) {
        while true {
            skipBlanks()
            guard position < bytes.count else { throw malformed("the tag does not end") }
            if bytes[position] == UInt8(ascii: ">") || bytes[position] == UInt8(ascii: "/") { return }
            _ = try name()
            skipBlanks()
            guard take("=") else { throw malformed("expected '=' after an attribute's name") }
            skipBlanks()
            guard position < bytes.count, "\"'".utf8.contains(bytes[position]) else {
                throw malformed("expected an attribute's value in quotes")
            }
            position += 1
            try skip(to: bytes[position - 1] == UInt8(ascii: "'") ? "'" : "\"")
        }
    }

    // MARK: Text

    private mutating func readText(into text: inout [UInt8]) throws(Malformed) {
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            guard bytes[position] == UInt8(ascii: "&") else {
                text.append(bytes[position])
                position += 1
                continue
            }
            let start = position + 1
            try skip(to: ";")
            let name = String(decoding: bytes[start..<position - 1], as: UTF8.self)
            guard let scalar = Self.scalar(of: name) else { throw malformed("unknown entity '&\(name);'") }
            text += Array(String(Character(scalar)).utf8)
        }
    }

    /// The five predefined entities and character references (XML 1.0, sections 4.1 and 4.6).
    private static func scalar(of entity: String) -> Unicode.Scalar? {
        switch entity {
        case "amp": "&"
        case "lt": "<"
        case "gt": ">"
        case "quot": "\""
        case "apos": "'"
        case _ where entity.hasPrefix("#x"):
            UInt32(entity.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
        case _ where entity.hasPrefix("#"): UInt32(entity.dropFirst()).flatMap(Unicode.Scalar.init)
        default: nil
        }
    }

    // MARK: Bytes

    /// White space, the declaration and comments, around the root element.
    private mutating func skipMisc() throws(Malformed) {
        while true {
            skipBlanks()
            if take("<?") {
                try skip(to: "?>")
            } else if take("<!--") {
                try skip(to: "-->")
            } else {
                return
            }
        }
    }

    private mutating func skipBlanks() {
        while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
        position += count
        return true
    }

    private mutating func skip(to text: StaticString) throws(Malformed) {
        while !take(text) {
            guard position < bytes.count else { throw malformed("nothing ends with '\(text)'") }
            position += 1
        }
    }

    private func malformed(_ reason: String) -> Malformed { Malformed(reason: reason, offset: position) }
}
