package import Wire

extension DynamoDB {
    /// An attribute's value (AWS, "Data types and naming rules in Amazon DynamoDB"), without sets.
    package enum Value: Equatable, Sendable {
        case string(String)
        /// Decimal digits, as DynamoDB keeps them: up to 38.
        case number(String)
        case bool(Bool)
        case bytes([UInt8])
        case null
        case list([Value])
        case map(Item)
    }

    /// Attributes by name.
    package typealias Item = [String: Value]
}

extension DynamoDB.Value {
    package static func integer(_ value: some FixedWidthInteger) -> Self { .number(String(value)) }

    /// A finite number; DynamoDB has no others.
    package static func double(_ value: Double) -> Self {
        precondition(value.isFinite, "\(value) is no number that DynamoDB can keep")
        return .number("\(value)")
    }

    /// When DynamoDB may delete an item: seconds since 1970 (AWS, "Using time to live (TTL) in DynamoDB").
    package static func timeToLive(_ time: WallClock) -> Self { .integer(Int64(time.seconds.rounded(.up))) }

    package var stringValue: String? { if case .string(let text) = self { text } else { nil } }
    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var bytesValue: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    package var listValue: [Self]? { if case .list(let values) = self { values } else { nil } }
    package var mapValue: DynamoDB.Item? { if case .map(let item) = self { item } else { nil } }
    package var doubleValue: Double? { if case .number(let digits) = self { Double(digits) } else { nil } }
    package var intValue: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }

    var json: JSON {
        switch self {
        case .string(let text): ["S": .string(text)]
        case .number(let digits): ["N": .string(digits)]
        case .bool(let value): ["BOOL": .bool(value)]
        case .bytes(let bytes): ["B": .string(String(decoding: Base64.encode(bytes), as: UTF8.self))]
        case .null: ["NULL": true]
        case .list(let values): ["L": .array(values.map(\.json))]
        case .map(let item): ["M": item.json]
        }
    }

    init(_ field: Field) throws(MalformedAnswer) {
        guard let member = field.value?.objectValue?.first else {
            throw MalformedAnswer(reason: "its '\(field.path)' is no attribute value")
        }
        let content = field[member.key]
        switch member.key {
        case "S": self = .string(try content.string())
        case "N": self = .number(try content.string())
        case "BOOL": self = .bool(member.value.boolValue ?? false)
        case "NULL": self = .null
        case "B":
            guard let bytes = try? Base64.decode(try content.string().utf8) else {
                throw MalformedAnswer(reason: "its '\(content.path)' is not Base64")
            }
            self = .bytes(bytes)
        case "L": self = .list(try content.list { element throws(MalformedAnswer) in try Self(element) })
        case "M": self = .map(try DynamoDB.Item(content))
        default:
            throw MalformedAnswer(reason: "its '\(field.path)' is of type \(member.key), which is unknown")
        }
    }
}

extension DynamoDB.Item {
    /// In the order of names, so that the same item is always the same request.
    var json: JSON { .object(sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.json) }) }

    init(_ field: Field) throws(MalformedAnswer) {
        self.init()
        for member in field.value?.objectValue ?? [] {
            self[member.key] = try DynamoDB.Value(field[member.key])
        }
    }

    /// Whether the item's time is over though DynamoDB, which takes days to delete, still has it.
    package func isExpired(at now: WallClock, attribute: String = "ttl") -> Bool {
        self[attribute]?.doubleValue.map { $0 <= now.seconds } ?? false
    }
}
