import Wire

/// A word of an expression.
enum ExpressionToken: Equatable {
    /// A name, a keyword or a function.
    case word(String)
    /// `#name`
    case nameReference(String)
    /// `:value`
    case valueReference(String)
    case number(Int)
    /// `=`, `<>`, `<`, `<=`, `>`, `>=`, and `( ) , . [ ] + -`
    case symbol(String)

    /// AWS's limit of an expression, in bytes.
    private static let expressionMax = 4096

    static func tokens(of text: String, in kind: String) throws(ServiceFailure) -> [ExpressionToken] {
        guard !text.utf8.isEmpty, text.utf8.count <= expressionMax else {
            throw .validation(
                "Invalid \(kind): the expression has \(text.utf8.count) bytes; it must have 1 to \(expressionMax)"
            )
        }
        var tokens: [ExpressionToken] = []
        var rest = text[...]
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if let symbol = ["<>", "<=", ">="].first(where: rest.hasPrefix) {
                tokens.append(.symbol(symbol))
                rest.removeFirst(2)
            } else if "=<>(),.[]+-".contains(first) {
                tokens.append(.symbol(String(rest.removeFirst())))
            } else {
                let prefix = first == "#" || first == ":" ? 1 : 0
                let word = rest.dropFirst(prefix).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                guard !word.isEmpty else {
                    throw .validation("Invalid \(kind): Syntax error; token: \"\(first)\"")
                }
                rest = rest.dropFirst(prefix + word.count)
                switch first {
                case "#": tokens.append(.nameReference("#" + word))
                case ":": tokens.append(.valueReference(":" + word))
                default: tokens.append(Int(word).map { .number($0) } ?? .word(String(word)))
                }
            }
        }
        return tokens
    }

    var text: String {
        switch self {
        case .word(let text), .nameReference(let text), .valueReference(let text), .symbol(let text): text
        case .number(let number): String(number)
        }
    }
}
