/// What is to become of an item (AWS, "Using update expressions in DynamoDB").
package struct Update: Equatable, Sendable {
    package indirect enum Operand: Equatable, Sendable {
        case path(DocumentPath)
        case value(AttributeValue)
        case ifMissing(DocumentPath, Operand)
        case appended(Operand, Operand)
        case sum(Operand, Operand)
        case difference(Operand, Operand)
    }

    package enum Change: Equatable, Sendable {
        case set(DocumentPath, Operand)
        case remove(DocumentPath)
        case add(DocumentPath, AttributeValue)
        case delete(DocumentPath, AttributeValue)

        package var path: DocumentPath {
            switch self {
            case .set(let path, _), .remove(let path), .add(let path, _), .delete(let path, _): path
            }
        }
    }

    package let changes: [Change]

    /// The item after it; every operand is what the item held before.
    package func applied(to item: AttributeValue.Item) throws(ServiceFailure) -> AttributeValue.Item {
        var changed = item
        for change in changes {
            switch change {
            case .set(let path, let operand):
                try path.set(try Self.value(of: operand, in: item), in: &changed)
            case .remove(let path):
                if path.value(in: changed) != nil { try path.set(nil, in: &changed) }
            case .add(let path, let value):
                try path.set(try Self.sum(path.value(in: item), value), in: &changed)
            case .delete(let path, let value):
                guard let old = path.value(in: item) else { continue }
                try path.set(try Self.difference(old, value), in: &changed)
            }
        }
        return changed
    }

    private static func value(
        of operand: Operand,
        in item: AttributeValue.Item
    ) throws(ServiceFailure) -> AttributeValue {
        switch operand {
        case .value(let value): return value
        case .path(let path):
            guard let value = path.value(in: item) else {
                throw .validation(
                    "The provided expression refers to an attribute that does not exist in the item"
                )
            }
            return value
        case .ifMissing(let path, let other):
            if let value = path.value(in: item) { return value }
            return try value(of: other, in: item)
        case .appended(let one, let other):
            guard
                case (.list(let some), .list(let more)) = (
                    try value(of: one, in: item), try value(of: other, in: item)
                )
            else { throw wrongType }
            return .list(some + more)
        case .sum(let one, let other), .difference(let one, let other):
            guard
                case (.number(let some), .number(var more)) = (
                    try value(of: one, in: item), try value(of: other, in: item)
                )
            else { throw wrongType }
            if case .difference = operand { more = -more }
            return try number(some, more)
        }
    }

    /// `ADD`: numbers are added, sets united; nothing counts as zero.
    private static func sum(_ old: AttributeValue?, _ value: AttributeValue) throws(ServiceFailure)
        -> AttributeValue
    {
        switch (old, value) {
        case (nil, .number), (nil, .strings), (nil, .numbers), (nil, .binaries): return value
        case (.number(let one), .number(let other)): return try number(one, other)
        case (.strings(let some), .strings(let more)): return .strings(some.union(more))
        case (.numbers(let some), .numbers(let more)):
            return .numbers(some + more.filter { !some.contains($0) })
        case (.binaries(let some), .binaries(let more)):
            return .binaries(some + more.filter { !some.contains($0) })
        default: throw wrongType
        }
    }

    /// `DELETE`: elements of a set; a set without elements is no attribute.
    private static func difference(
        _ old: AttributeValue,
        _ value: AttributeValue
    ) throws(ServiceFailure) -> AttributeValue? {
        switch (old, value) {
        case (.strings(let some), .strings(let less)):
            let left = some.subtracting(less)
            return left.isEmpty ? nil : .strings(left)
        case (.numbers(let some), .numbers(let less)):
            let left = some.filter { !less.contains($0) }
            return left.isEmpty ? nil : .numbers(left)
        case (.binaries(let some), .binaries(let less)):
            let left = some.filter { !less.contains($0) }
            return left.isEmpty ? nil : .binaries(left)
        default: throw wrongType
        }
    }

    private static func number(_ one: DecimalNumber, _ other: DecimalNumber) throws(ServiceFailure)
        -> AttributeValue
    {
        guard let sum = one.adding(other) else {
            throw .validation(
                "Number overflow. Attempting to store a number with more than 38 digits of precision"
            )
        }
        return .number(sum)
    }

    private static let wrongType = ServiceFailure.validation(
        "An operand in the update expression has an incorrect data type"
    )
}

extension ExpressionParser {
    private static let kind = "UpdateExpression"

    package static func update(_ text: String, _ placeholders: inout Placeholders) throws(ServiceFailure)
        -> Update
    {
        var parser = try ExpressionParser(text, kind, placeholders)
        var changes: [Update.Change] = []
        var sections: Set<String> = []
        while let section = ["SET", "REMOVE", "ADD", "DELETE"].first(where: { parser.take(keyword: $0) }) {
            guard sections.insert(section).inserted else {
                throw .validation(
                    "Invalid \(kind): The \"\(section)\" section can only be used once in an update expression;"
                )
            }
            repeat { changes.append(try parser.change(section)) } while parser.take(symbol: ",")
        }
        try parser.expectEnd()
        guard !changes.isEmpty else { throw parser.unexpected }
        for (position, change) in changes.enumerated()
        where changes[..<position].contains(where: { $0.path == change.path }) {
            throw .validation(
                "Invalid \(kind): Two document paths overlap with each other; "
                    + "must remove or rewrite one of these paths; path: [\(change.path.name)]"
            )
        }
        placeholders = parser.placeholders
        return Update(changes: changes)
    }

    private mutating func change(_ section: String) throws(ServiceFailure) -> Update.Change {
        let path = try path()
        switch section {
        case "SET":
            try expect(symbol: "=")
            return .set(path, try assigned())
        case "REMOVE": return .remove(path)
        default:
            guard let value = try takeValue() else { throw unexpected }
            return section == "ADD" ? .add(path, value) : .delete(path, value)
        }
    }

    private mutating func assigned() throws(ServiceFailure) -> Update.Operand {
        let operand = try updateOperand()
        if take(symbol: "+") { return .sum(operand, try updateOperand()) }
        if take(symbol: "-") { return .difference(operand, try updateOperand()) }
        return operand
    }

    private mutating func updateOperand() throws(ServiceFailure) -> Update.Operand {
        if let value = try takeValue() { return .value(value) }
        guard let function = takeFunction() else { return .path(try path()) }
        let operand: Update.Operand
        switch function {
        case "if_not_exists":
            let path = try path()
            try expect(symbol: ",")
            operand = .ifMissing(path, try updateOperand())
        case "list_append":
            let one = try updateOperand()
            try expect(symbol: ",")
            operand = .appended(one, try updateOperand())
        default: throw .validation("Invalid \(kind): Invalid function name; function: \(function)")
        }
        try expect(symbol: ")")
        return operand
    }
}
