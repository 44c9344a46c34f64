package import AWS

/// Reads a program's `MARK_*` variables, each checked and named in what is refused.
package struct SettingsReader: Sendable {
    private let values: [String: String]

    /// Variables that are empty count as not set: a template sets them so.
    package init(_ variables: [String: String]) { values = variables.filter { !$0.value.isEmpty } }

    package func string(_ name: String) -> String? { values[name] }

    /// - Parameter purpose: what it is for, for whoever has not set it: `the table of the stack`.
    package func required(_ name: String, _ purpose: String) throws(InvalidSetting) -> String {
        guard let value = values[name] else { throw .missing(name, purpose) }
        return value
    }

    /// Words with commas between them; nil when not set.
    package func list(_ name: String) -> [String]? {
        values[name].map { $0.split { $0 == "," || $0 == " " }.map(String.init) }
    }

    package func integer(_ name: String, _ range: ClosedRange<Int>) throws(InvalidSetting) -> Int? {
        guard let text = values[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .malformed(
                name,
                text,
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    package func number(_ name: String, _ range: ClosedRange<Double>) throws(InvalidSetting) -> Double? {
        guard let text = values[name] else { return nil }
        guard let value = Double(text), range.contains(value) else {
            throw .malformed(name, text, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A Lambda function, by name or ARN, with the version or alias to call.
    package func function(_ name: String, _ purpose: String) throws(InvalidSetting) -> Lambda.Function {
        let text = try required(name, purpose)
        guard let function = Lambda.Function(parsing: text) else {
            throw .malformed(name, text, expected: "a function's name or ARN, with :qualifier if any")
        }
        return function
    }

    /// `true` or `false`, or `1` or `0`.
    package func bool(_ name: String) throws(InvalidSetting) -> Bool? {
        switch values[name] {
        case nil: nil
        case "true", "1": true
        case "false", "0": false
        case let text?: throw .malformed(name, text, expected: "true or false")
        }
    }

    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String,
        _ type: Choice.Type
    ) throws(InvalidSetting) -> Choice? where Choice.RawValue == String {
        guard let text = values[name] else { return nil }
        return try Self.choice(text, of: name)
    }

    package static func choice<Choice: RawRepresentable & CaseIterable>(
        _ text: String,
        of name: String
    ) throws(InvalidSetting) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .malformed(name, text, expected: names)
        }
        return choice
    }
}

/// Why a `MARK_*` variable is refused.
package enum InvalidSetting: Error, Equatable, CustomStringConvertible {
    case unknown(String, nearest: String?)
    case malformed(String, String, expected: String)
    case missing(String, String)

    package var description: String {
        switch self {
        case .unknown(let name, let nearest):
            "unknown setting \(name)" + (nearest.map { "; did you mean \($0)?" } ?? "")
        case .malformed(let name, let value, let expected): "\(name) is '\(value)'; expected \(expected)"
        case .missing(let name, let purpose): "\(name) is not set; it names \(purpose)"
        }
    }
}
