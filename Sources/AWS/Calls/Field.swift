package import Wire

/// A place in an answer, which knows its path: what is missing or of another type is named by it.
package struct Field: Sendable {
    package let path: String
    /// Nil where the answer has nothing.
    package let value: JSON?

    package init(path: String = "", _ value: JSON?) {
        self.path = path
        self.value = value == .null ? nil : value
    }

    package init(document answer: Answer) throws(MalformedAnswer) { self.init(try answer.document) }

    package subscript(key: String) -> Field {
        Field(path: path.isEmpty ? key : "\(path).\(key)", value?[key])
    }

    package var isPresent: Bool { value != nil }

    /// The elements of a JSON array, or of XML's lists, whose elements are `item`; none where there is nothing.
    package var items: [Field] {
        let elements = value?.arrayValue ?? value?.objectValue?.filter { $0.key == "item" }.map(\.value) ?? []
        return elements.enumerated().map { Field(path: "\(path)[\($0)]", $1) }
    }

    /// Maps every element.
    package func list<Element>(
        _ read: (Field) throws(MalformedAnswer) -> Element
    ) throws(MalformedAnswer) -> [Element] {
        var elements: [Element] = []
        for item in items { elements.append(try read(item)) }
        return elements
    }

    package var text: String? { value?.stringValue }

    package func string() throws(MalformedAnswer) -> String { try required(text, "a string") }

    /// An integer; XML has it as text.
    package func integer() throws(MalformedAnswer) -> Int {
        try required(value?.intValue ?? text.flatMap { Int($0) }, "an integer")
    }

    package func number() throws(MalformedAnswer) -> Double {
        try required(value?.doubleValue ?? text.flatMap { Double($0) }, "a number")
    }

    /// Seconds since 1970 in JSON, ISO 8601 in XML.
    package func time() throws(MalformedAnswer) -> WallClock {
        try required(
            value?.doubleValue.map(WallClock.init(seconds:)) ?? text.flatMap { WallClock(iso8601: $0) },
            "a time"
        )
    }

    private func required<Value>(_ found: Value?, _ kind: String) throws(MalformedAnswer) -> Value {
        guard let found else {
            throw MalformedAnswer(
                reason: value == nil ? "it has no '\(path)'" : "its '\(path)' is not \(kind)"
            )
        }
        return found
    }
}
