/// A JSON value as a tree: for configuration, metadata and whatever else is small.
///
/// Tensors never take this form; see `JSONReader`. Members keep their order, so what is written is the same on
/// every run.
package enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([JSON])
    case object([Member])

    package struct Member: Equatable, Sendable {
        package let key: String
        package let value: JSON

        package init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// Reads one value that takes up all of `bytes`.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        self = try bytes.reading { reader throws(JSONError) in
            let value = try JSON(from: &reader)
            try reader.finish()
            return value
        }
    }

    /// Reads the value that comes next.
    package init(from reader: inout JSONReader) throws(JSONError) {
        switch try reader.peek() {
        case .null:
            try reader.readNull()
            self = .null
        case .bool: self = .bool(try reader.readBool())
        case .number: self = try reader.readScalar()
        case .string: self = .string(try reader.readString().string)
        case .array:
            var elements: [JSON] = []
            try reader.enterArray()
            while try reader.nextElement() { elements.append(try JSON(from: &reader)) }
            self = .array(elements)
        case .object:
            var members: [Member] = []
            try reader.enterObject()
            while let key = try reader.nextKey()?.string {
                members.append(Member(key, try JSON(from: &reader)))
            }
            self = .object(members)
        }
    }

    /// The value of the first member with this key; nil for what is no object or has none.
    package subscript(key: String) -> JSON? { objectValue?.first { $0.key == key }?.value }

    /// The element at an index; nil for what is no array or is shorter.
    package subscript(index: Int) -> JSON? {
        guard let elements = arrayValue, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    package var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
    package var objectValue: [Member]? { if case .object(let value) = self { value } else { nil } }
    package var intValue: Int? { if case .integer(let value) = self { Int(value) } else { nil } }

    package var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The value's text, without white space.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}

extension JSONReader {
    /// An integer where it is one, so that 64-bit numbers survive; a Double otherwise.
    fileprivate mutating func readScalar() throws(JSONError) -> JSON {
        var integers = self
        if let value = try? integers.readInteger(Int64.self) {
            self = integers
            return .integer(value)
        }
        return .double(try readDouble())
    }
}

extension [UInt8] {
    /// Reads JSON from these bytes.
    package func reading<Value, Failure: Error>(
        _ body: (inout JSONReader) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try self[...].reading(body)
    }
}

extension ArraySlice<UInt8> {
    /// Reads JSON from these bytes.
    package func reading<Value, Failure: Error>(
        _ body: (inout JSONReader) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let result = withUnsafeBufferPointer { buffer -> Result<Value, Failure> in
            var reader = JSONReader(buffer)
            do throws(Failure) {
                return .success(try body(&reader))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}
