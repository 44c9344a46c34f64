import Wire

extension DynamoDB {
    /// A condition, an update or a filter with its names and values inside: `"\(name: "until_ms") < \(.integer(now))"`.
    ///
    /// Names and values become placeholders, so neither reserved words nor what a value holds can change the meaning.
    package struct Expression: Equatable, Sendable, ExpressibleByStringInterpolation {
        enum Part: Equatable, Sendable {
            case text(String)
            case name(String)
            case value(Value)
        }

        package struct StringInterpolation: StringInterpolationProtocol {
            var parts: [Part] = []

            package init(literalCapacity: Int, interpolationCount: Int) {}

            package mutating func appendLiteral(_ literal: String) {
                if !literal.isEmpty { parts.append(.text(literal)) }
            }

            package mutating func appendInterpolation(name: String) { parts.append(.name(name)) }

            package mutating func appendInterpolation(_ value: Value) { parts.append(.value(value)) }
        }

        private(set) var parts: [Part]

        package mutating func append(_ other: Expression) { parts += other.parts }

        package init(stringLiteral text: String) { parts = [.text(text)] }

        package init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }
    }

    /// The placeholders of all expressions of one request.
    struct Placeholders {
        private var names: [String] = []
        private var values: [Value] = []

        /// The expression's text, with `#0`, `#1` and `:0`, `:1` where names and values stood; null for none.
        mutating func text(of expression: Expression?) -> JSON {
            guard let expression else { return .null }
            var text = ""
            for part in expression.parts {
                switch part {
                case .text(let literal): text += literal
                case .name(let name): text += "#\(Self.index(of: name, in: &names))"
                case .value(let value): text += ":\(Self.index(of: value, in: &values))"
                }
            }
            return .string(text)
        }

        private static func index<Element: Equatable>(of element: Element, in list: inout [Element]) -> Int {
            if let index = list.firstIndex(of: element) { return index }
            list.append(element)
            return list.count - 1
        }

        /// The members that go beside the expressions.
        var members: [JSON.Member] {
            [
                JSON.Member(
                    "ExpressionAttributeNames",
                    names.isEmpty
                        ? .null : .object(names.enumerated().map { JSON.Member("#\($0)", .string($1)) })
                ),
                JSON.Member(
                    "ExpressionAttributeValues",
                    values.isEmpty
                        ? .null : .object(values.enumerated().map { JSON.Member(":\($0)", $1.json) })
                ),
            ]
        }
    }
}
