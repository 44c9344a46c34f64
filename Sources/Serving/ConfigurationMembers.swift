import Wire

/// The members of a JSON object whose keys are known.
struct ConfigurationMembers {
    private let members: [String: JSON]
    private let path: String

    init(_ json: JSON, _ keys: [String], at path: String) throws(InvalidConfiguration) {
        guard let list = json.objectValue else { throw .expected("an object", at: path) }
        var members: [String: JSON] = [:]
        for member in list {
            guard keys.contains(member.key) else {
                throw .unknownKey(
                    "\(path).\(member.key)",
                    nearest: EditDistance.nearest(to: member.key, in: keys)
                )
            }
            members[member.key] = member.value
        }
        self.members = members
        self.path = path
    }

    func string(_ key: String) throws(InvalidConfiguration) -> String? {
        guard let value = members[key] else { return nil }
        guard let text = value.stringValue else { throw .expected("a text", at: "\(path).\(key)") }
        return text
    }

    func bool(_ key: String) throws(InvalidConfiguration) -> Bool? {
        guard let value = members[key] else { return nil }
        guard let bool = value.boolValue else { throw .expected("true or false", at: "\(path).\(key)") }
        return bool
    }

    func integer(_ key: String, _ range: ClosedRange<Int>) throws(InvalidConfiguration) -> Int? {
        guard let value = members[key] else { return nil }
        guard let number = value.intValue, range.contains(number) else {
            throw .expected(
                "a whole number from \(range.lowerBound) to \(range.upperBound)",
                at: "\(path).\(key)"
            )
        }
        return number
    }

    /// A number above 0.
    func number(_ key: String) throws(InvalidConfiguration) -> Double? {
        guard let value = members[key] else { return nil }
        guard let number = value.doubleValue, number > 0, number < 1e9 else {
            throw .expected("a number above 0", at: "\(path).\(key)")
        }
        return number
    }

    /// A number, or a list of so many numbers.
    func numbers(_ key: String, _ counts: [Int]) throws(InvalidConfiguration) -> [Float]? {
        guard let value = members[key] else { return nil }
        let numbers = (value.arrayValue ?? [value]).compactMap(\.doubleValue).filter { abs($0) < 1e9 }
        guard counts.contains(numbers.count), numbers.count == value.arrayValue?.count ?? 1 else {
            let kinds = counts.map { $0 == 1 ? "a number" : "a list of \($0) numbers" }
            throw .expected(kinds.joined(separator: " or "), at: place(key))
        }
        return numbers.map { Float($0) }
    }

    /// One of a few words.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String,
        _ type: Choice.Type
    ) throws(InvalidConfiguration) -> Choice? {
        guard let value = members[key] else { return nil }
        guard let choice = value.stringValue.flatMap(Choice.init(rawValue:)) else {
            let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw .expected("one of \(words)", at: place(key))
        }
        return choice
    }

    /// Where a member stands, for errors.
    func place(_ key: String) -> String { "\(path).\(key)" }

    /// A list that is not empty.
    func list<Element>(
        _ key: String,
        _ element: (JSON, String) throws(InvalidConfiguration) -> Element
    ) throws(InvalidConfiguration) -> [Element] {
        guard let values = members[key]?.arrayValue, !values.isEmpty else {
            throw .expected("a list with at least one entry", at: "\(path).\(key)")
        }
        var elements: [Element] = []
        for (index, value) in values.enumerated() {
            elements.append(try element(value, "\(path).\(key)[\(index)]"))
        }
        return elements
    }
}
