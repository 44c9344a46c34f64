/// What must hold of an item (AWS, "Condition and filter expressions, operators, and functions in DynamoDB").
package indirect enum Condition: Equatable, Sendable {
    package enum Comparison: String, Sendable {
        case equal = "=", unequal = "<>", less = "<", atMost = "<=", more = ">", atLeast = ">="
    }

    package enum Operand: Equatable, Sendable {
        case path(DocumentPath)
        case value(AttributeValue)
        case size(DocumentPath)

        func value(in item: AttributeValue.Item) -> AttributeValue? {
            switch self {
            case .path(let path): return path.value(in: item)
            case .value(let value): return value
            case .size(let path):
                guard let value = path.value(in: item) else { return nil }
                return Condition.count(of: value).map { .number(DecimalNumber($0)) }
            }
        }
    }

    case compare(Operand, Comparison, Operand)
    case between(Operand, Operand, Operand)
    case among(Operand, [Operand])
    case exists(DocumentPath)
    case isMissing(DocumentPath)
    case hasType(DocumentPath, Operand)
    case beginsWith(Operand, Operand)
    case contains(Operand, Operand)
    case both(Condition, Condition)
    case either(Condition, Condition)
    case not(Condition)

    /// Whether it holds; an item that is not there has no attributes.
    package func holds(for item: AttributeValue.Item) -> Bool {
        switch self {
        case .compare(let one, let comparison, let other):
            comparison.holds(one.value(in: item), other.value(in: item))
        case .between(let operand, let low, let high):
            Comparison.atLeast.holds(operand.value(in: item), low.value(in: item))
                && Comparison.atMost.holds(operand.value(in: item), high.value(in: item))
        case .among(let operand, let others):
            others.contains { Comparison.equal.holds(operand.value(in: item), $0.value(in: item)) }
        case .exists(let path): path.value(in: item) != nil
        case .isMissing(let path): path.value(in: item) == nil
        case .hasType(let path, let type):
            path.value(in: item).map { .string($0.type) == type.value(in: item) } ?? false
        case .beginsWith(let one, let other): Self.begins(one.value(in: item), other.value(in: item))
        case .contains(let one, let other): Self.contains(one.value(in: item), other.value(in: item))
        case .both(let one, let other): one.holds(for: item) && other.holds(for: item)
        case .either(let one, let other): one.holds(for: item) || other.holds(for: item)
        case .not(let condition): !condition.holds(for: item)
        }
    }

    private static func begins(_ one: AttributeValue?, _ other: AttributeValue?) -> Bool {
        switch (one, other) {
        case (.string(let text), .string(let prefix)): text.utf8.starts(with: prefix.utf8)
        case (.binary(let bytes), .binary(let prefix)): bytes.starts(with: prefix)
        default: false
        }
    }

    private static func contains(_ one: AttributeValue?, _ other: AttributeValue?) -> Bool {
        switch (one, other) {
        case (.string(let text), .string(let part)):
            text.utf8.firstRange(of: part.utf8) != nil || part.isEmpty
        case (.list(let elements), let element?): elements.contains(element)
        case (.strings(let texts), .string(let text)): texts.contains(text)
        case (.numbers(let numbers), .number(let number)): numbers.contains(number)
        case (.binaries(let values), .binary(let bytes)): values.contains(bytes)
        default: false
        }
    }

    /// What `size` says; nil for types that it does not take.
    private static func count(of value: AttributeValue) -> Int? {
        switch value {
        case .string(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        case .list(let values): values.count
        case .map(let item): item.count
        case .strings(let texts): texts.count
        case .numbers(let numbers): numbers.count
        case .binaries(let values): values.count
        case .number, .bool, .null: nil
        }
    }
}

extension Condition.Comparison {
    /// A value that is not there, or is of another type, is unequal to everything and has no order.
    func holds(_ one: AttributeValue?, _ other: AttributeValue?) -> Bool {
        guard let one, let other else { return self == .unequal }
        if self == .equal || self == .unequal { return (Self.isSame(one, other)) == (self == .equal) }
        guard let order = one.order(other) else { return false }
        return switch self {
        case .less: order < 0
        case .atMost: order <= 0
        case .more: order > 0
        case .atLeast: order >= 0
        case .equal, .unequal: false
        }
    }

    /// Sets are the same whatever the order of their elements.
    private static func isSame(_ one: AttributeValue, _ other: AttributeValue) -> Bool {
        switch (one, other) {
        case (.numbers(let some), .numbers(let others)): Set(some) == Set(others)
        case (.binaries(let some), .binaries(let others)): Set(some) == Set(others)
        default: one == other
        }
    }
}
