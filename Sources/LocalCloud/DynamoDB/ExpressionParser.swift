/// Reads DynamoDB's expressions; what they share is here, conditions and updates are in extensions.
package struct ExpressionParser {
    /// `ConditionExpression`, for errors.
    let kind: String
    private let tokens: [ExpressionToken]
    private var position = 0
    var placeholders: Placeholders

    init(_ text: String, _ kind: String, _ placeholders: Placeholders) throws(ServiceFailure) {
        self.kind = kind
        self.placeholders = placeholders
        tokens = try ExpressionToken.tokens(of: text, in: kind)
    }

    // MARK: Tokens

    var next: ExpressionToken? { position < tokens.count ? tokens[position] : nil }

    private var afterNext: ExpressionToken? { position + 1 < tokens.count ? tokens[position + 1] : nil }

    /// Keywords are such in either case.
    mutating func take(keyword: String) -> Bool {
        guard case .word(let word) = next, word.uppercased() == keyword else { return false }
        position += 1
        return true
    }

    mutating func take(symbol: String) -> Bool {
        guard next == .symbol(symbol) else { return false }
        position += 1
        return true
    }

    mutating func expect(symbol: String) throws(ServiceFailure) {
        guard take(symbol: symbol) else { throw unexpected }
    }

    mutating func expectEnd() throws(ServiceFailure) {
        guard position == tokens.count else { throw unexpected }
    }

    /// A function's name, its bracket with it; nil when something else comes.
    mutating func takeFunction() -> String? {
        guard case .word(let word) = next, afterNext == .symbol("(") else { return nil }
        position += 2
        return word
    }

    var unexpected: ServiceFailure {
        .validation("Invalid \(kind): Syntax error; token: \"\(next?.text ?? "<EOF>")\"")
    }

    // MARK: Operands

    mutating func path() throws(ServiceFailure) -> DocumentPath {
        var path = DocumentPath(name: try name())
        while true {
            if take(symbol: ".") {
                path.steps.append(.name(try name()))
            } else if take(symbol: "[") {
                guard case .number(let index) = next else { throw unexpected }
                position += 1
                try expect(symbol: "]")
                path.steps.append(.index(index))
            } else {
                return path
            }
        }
    }

    private mutating func name() throws(ServiceFailure) -> String {
        switch next {
        case .word(let word):
            position += 1
            return word
        case .nameReference(let reference):
            position += 1
            return try placeholders.name(reference, in: kind)
        default: throw unexpected
        }
    }

    /// A `:value`; nil when something else comes.
    mutating func takeValue() throws(ServiceFailure) -> AttributeValue? {
        guard case .valueReference(let reference) = next else { return nil }
        position += 1
        return try placeholders.value(reference, in: kind)
    }
}

extension ExpressionParser {
    /// Reads a condition; `kind` is the member of the request that it stands in.
    package static func condition(
        _ text: String,
        _ kind: String,
        _ placeholders: inout Placeholders
    ) throws(ServiceFailure) -> Condition {
        var parser = try ExpressionParser(text, kind, placeholders)
        let condition = try parser.either(depth: 0)
        try parser.expectEnd()
        placeholders = parser.placeholders
        return condition
    }

    /// AWS's bound of operators is 300; this one of brackets keeps the stack small.
    private static let depthMax = 100

    // OR binds weakest, then AND, then NOT.
    private mutating func either(depth: Int) throws(ServiceFailure) -> Condition {
        guard depth < Self.depthMax else {
            throw .validation("Invalid \(kind): The expression is nested too deep")
        }
        var condition = try both(depth)
        while take(keyword: "OR") { condition = .either(condition, try both(depth)) }
        return condition
    }

    private mutating func both(_ depth: Int) throws(ServiceFailure) -> Condition {
        var condition = try negated(depth)
        while take(keyword: "AND") { condition = .both(condition, try negated(depth)) }
        return condition
    }

    private mutating func negated(_ depth: Int) throws(ServiceFailure) -> Condition {
        var negations = 0
        while take(keyword: "NOT") { negations += 1 }
        let condition = try primary(depth)
        return negations.isMultiple(of: 2) ? condition : .not(condition)
    }

    private mutating func primary(_ depth: Int) throws(ServiceFailure) -> Condition {
        if take(symbol: "(") {
            let condition = try either(depth: depth + 1)
            try expect(symbol: ")")
            return condition
        }
        if let function = predicate { return try self.function(function) }
        let operand = try operand()
        if take(keyword: "BETWEEN") {
            let low = try self.operand()
            guard take(keyword: "AND") else { throw unexpected }
            return .between(operand, low, try self.operand())
        }
        if take(keyword: "IN") {
            try expect(symbol: "(")
            var others = [try self.operand()]
            while take(symbol: ",") { others.append(try self.operand()) }
            try expect(symbol: ")")
            return .among(operand, others)
        }
        guard case .symbol(let symbol) = next, let comparison = Condition.Comparison(rawValue: symbol) else {
            throw unexpected
        }
        _ = take(symbol: symbol)
        return .compare(operand, comparison, try self.operand())
    }

    /// The name of a function that is a condition by itself, if one comes.
    private var predicate: String? {
        var ahead = self
        guard let name = ahead.takeFunction(), name != "size" else { return nil }
        return name
    }

    private mutating func function(_ name: String) throws(ServiceFailure) -> Condition {
        _ = takeFunction()
        let condition: Condition
        switch name {
        case "attribute_exists": condition = .exists(try path())
        case "attribute_not_exists": condition = .isMissing(try path())
        case "attribute_type":
            let path = try path()
            try expect(symbol: ",")
            condition = .hasType(path, try operand())
        case "begins_with", "contains":
            let one = try operand()
            try expect(symbol: ",")
            condition = name == "contains" ? .contains(one, try operand()) : .beginsWith(one, try operand())
        default: throw .validation("Invalid \(kind): Invalid function name; function: \(name)")
        }
        try expect(symbol: ")")
        return condition
    }

    private mutating func operand() throws(ServiceFailure) -> Condition.Operand {
        if let value = try takeValue() { return .value(value) }
        guard let function = takeFunction() else { return .path(try path()) }
        guard function == "size" else {
            throw .validation(
                "Invalid \(kind): The function is not allowed to be used this way in an expression; function: \(function)"
            )
        }
        let path = try path()
        try expect(symbol: ")")
        return .size(path)
    }
}
