package import Wire

/// A value of an item (AWS, "Supported data types and naming rules in Amazon DynamoDB").
package enum AttributeValue: Equatable, Sendable {
    case string(String)
    case number(DecimalNumber)
    case binary([UInt8])
    case bool(Bool)
    case null
    case list([AttributeValue])
    case map([String: AttributeValue])
    case strings(Set<String>)
    case numbers([DecimalNumber])
    case binaries([[UInt8]])

    package typealias Item = [String: AttributeValue]

    private static let depthMax = 32

    /// The type's name on the wire.
    package var type: String {
        switch self {
        case .string: "S"
        case .number: "N"
        case .binary: "B"
        case .bool: "BOOL"
        case .null: "NULL"
        case .list: "L"
        case .map: "M"
        case .strings: "SS"
        case .numbers: "NS"
        case .binaries: "BS"
        }
    }

    /// Bytes that count towards an item's limit (AWS, "DynamoDB item sizes and formats").
    package var size: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .number(let number): number.size
        case .binary(let bytes): bytes.count
        case .bool, .null: 1
        case .list(let values): 3 + values.reduce(0) { $0 + 1 + $1.size }
        case .map(let item): 3 + item.reduce(0) { $0 + 1 + $1.key.utf8.count + $1.value.size }
        case .strings(let texts): texts.reduce(0) { $0 + $1.utf8.count }
        case .numbers(let numbers): numbers.reduce(0) { $0 + $1.size }
        case .binaries(let values): values.reduce(0) { $0 + $1.count }
        }
    }

    // MARK: The wire

    package init(_ json: JSON, depth: Int = 0) throws(ServiceFailure) {
        guard let members = json.objectValue, members.count == 1, let member = members.first else {
            throw .validation("Supplied AttributeValue must contain exactly one of the supported datatypes")
        }
        guard depth < Self.depthMax else {
            throw .validation("Nesting Levels have exceeded supported limits of \(Self.depthMax)")
        }
        let value = member.value
        switch member.key {
        case "S": self = .string(try Self.text(value, "S"))
        case "N": self = .number(try Self.decimal(value))
        case "B": self = .binary(try Self.bytes(value))
        case "BOOL":
            guard let flag = value.boolValue else { throw Self.wrong("BOOL") }
            self = .bool(flag)
        case "NULL":
            guard value.boolValue == true else {
                throw .validation(
                    "One or more parameter values were invalid: Null attribute value types must have the value of true"
                )
            }
            self = .null
        case "L":
            var values: [AttributeValue] = []
            for element in try Self.elements(value, "L") {
                values.append(try Self(element, depth: depth + 1))
            }
            self = .list(values)
        case "M": self = .map(try Self.item(value, depth: depth + 1))
        default: self = try Self.set(member)
        }
    }

    private static func set(_ member: JSON.Member) throws(ServiceFailure) -> AttributeValue {
        guard ["SS", "NS", "BS"].contains(member.key) else {
            throw .validation(
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
            )
        }
        let elements = try elements(member.value, member.key)
        guard !elements.isEmpty else {
            throw .validation(
                "One or more parameter values were invalid: An \(member.key) set may not be empty"
            )
        }
        var (texts, numbers, binaries): (Set<String>, [DecimalNumber], [[UInt8]]) = ([], [], [])
        for element in elements {
            switch member.key {
            case "SS": texts.insert(try text(element, "SS"))
            case "NS": numbers.append(try decimal(element))
            default: binaries.append(try bytes(element))
            }
        }
        let count =
            member.key == "SS" ? texts.count : member.key == "NS" ? Set(numbers).count : Set(binaries).count
        guard count == elements.count else {
            throw .validation(
                "One or more parameter values were invalid: Input collection contains duplicates."
            )
        }
        return member.key == "SS"
            ? .strings(texts) : member.key == "NS" ? .numbers(numbers) : .binaries(binaries)
    }

    package static func item(_ json: JSON, depth: Int = 0) throws(ServiceFailure) -> Item {
        guard let members = json.objectValue else { throw wrong("an item") }
        var item: Item = [:]
        for member in members { item[member.key] = try AttributeValue(member.value, depth: depth) }
        return item
    }

    private static func text(_ json: JSON, _ type: String) throws(ServiceFailure) -> String {
        guard let text = json.stringValue else { throw wrong(type) }
        return text
    }

    private static func elements(_ json: JSON, _ type: String) throws(ServiceFailure) -> [JSON] {
        guard let elements = json.arrayValue else { throw wrong(type) }
        return elements
    }

    private static func decimal(_ json: JSON) throws(ServiceFailure) -> DecimalNumber {
        let text = try text(json, "N")
        guard let number = DecimalNumber(text) else {
            throw .validation(
                "The parameter cannot be converted to a numeric value: \(cropped(text, to: 100))"
            )
        }
        return number
    }

    private static func bytes(_ json: JSON) throws(ServiceFailure) -> [UInt8] {
        guard let bytes = try? Base64.decode(Array(try text(json, "B").utf8)) else { throw wrong("B") }
        return bytes
    }

    private static func wrong(_ type: String) -> ServiceFailure {
        ServiceFailure("SerializationException", "the value of \(type) is of another type of JSON")
    }

    package var json: JSON {
        switch self {
        case .string(let text): ["S": .string(text)]
        case .number(let number): ["N": .string(number.description)]
        case .binary(let bytes): ["B": Self.base64(bytes)]
        case .bool(let flag): ["BOOL": .bool(flag)]
        case .null: ["NULL": true]
        case .list(let values): ["L": .array(values.map(\.json))]
        case .map(let item): ["M": Self.json(item)]
        case .strings(let texts): ["SS": .array(texts.sorted().map { .string($0) })]
        case .numbers(let numbers): ["NS": .array(numbers.map { .string($0.description) })]
        case .binaries(let values): ["BS": .array(values.map(Self.base64))]
        }
    }

    /// In the order of names, so that an answer is the same on every run.
    package static func json(_ item: Item) -> JSON {
        .object(item.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.json) })
    }

    private static func base64(_ bytes: [UInt8]) -> JSON {
        .string(String(decoding: Base64.encode(bytes), as: UTF8.self))
    }
}

extension AttributeValue {
    /// Which comes first, of two strings, numbers or binaries; nil for types that have no order, or that differ.
    func order(_ other: AttributeValue) -> Int? {
        switch (self, other) {
        case (.string(let one), .string(let two)):
            one == two ? 0 : one.utf8.lexicographicallyPrecedes(two.utf8) ? -1 : 1
        case (.number(let one), .number(let two)): one == two ? 0 : one < two ? -1 : 1
        case (.binary(let one), .binary(let two)):
            one == two ? 0 : one.lexicographicallyPrecedes(two) ? -1 : 1
        default: nil
        }
    }
}
