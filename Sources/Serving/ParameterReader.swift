import Wire

/// The members of a request's JSON object, each checked by name; null is the same as nothing.
struct ParameterReader {
    private let members: [JSON.Member]
    private let known: [String]

    /// - Throws: for a member that is not known, with the nearest one that is.
    init(_ members: [JSON.Member], known: [String]) throws(ServingError) {
        self.members = members
        self.known = known
        for member in members where !known.contains(member.key) {
            let nearest = EditDistance.nearest(to: member.key, in: known)
            throw .badRequest(
                "unknown parameter '\(member.key)'; "
                    + (nearest.map { "did you mean '\($0)'?" } ?? "known are \(known.joined(separator: ", "))")
            )
        }
    }

    subscript(name: String) -> JSON? {
        precondition(known.contains(name), "\(name) is not among the known parameters")
        guard let value = members.last(where: { $0.key == name })?.value, value != .null else { return nil }
        return value
    }

    func integer(_ name: String, _ range: ClosedRange<Int>) throws(ServingError) -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = value.intValue, range.contains(number) else {
            throw wrong(name, value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func number(_ name: String, _ range: ClosedRange<Double>) throws(ServingError) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = value.doubleValue, range.contains(number) else {
            throw wrong(name, value, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func bool(_ name: String) throws(ServingError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let bool = value.boolValue else { throw wrong(name, value, "true or false") }
        return bool
    }

    func string(_ name: String) throws(ServingError) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.stringValue else { throw wrong(name, value, "a text") }
        return text
    }

    /// A text or a list of up to so many; none of them empty.
    func strings(_ name: String, max: Int) throws(ServingError) -> [String] {
        guard let value = self[name] else { return [] }
        let texts = (value.arrayValue ?? [value]).compactMap(\.stringValue)
        guard texts.count == value.arrayValue?.count ?? 1, texts.count <= max, !texts.contains("") else {
            throw wrong(name, value, "a text that is not empty, or a list of up to \(max)")
        }
        return texts
    }

    /// Refuses what is given and is not a value that changes nothing.
    func refuse(_ name: String, unless harmless: [JSON], _ remedy: String) throws(ServingError) {
        guard let value = self[name], !harmless.contains(value) else { return }
        throw .badRequest("'\(name)' is not supported here; \(remedy)")
    }

    func wrong(_ name: String, _ value: JSON, _ expected: String) -> ServingError {
        let text = cropped(String(decoding: value.encoded(), as: UTF8.self), to: 100)
        return .badRequest("'\(name)' is \(text); expected \(expected)")
    }
}
