package import AWS
package import Wire

/// Reads the attributes of an item, naming the one that is missing or of the wrong type.
package struct ItemReader: Sendable {
    private let item: DynamoDB.Item
    private let what: String

    /// - Parameter what: the item for errors: `a backend`.
    package init(_ item: DynamoDB.Item, _ what: String) { (self.item, self.what) = (item, what) }

    package func string(_ name: String) throws(MalformedAnswer) -> String {
        guard let text = item[name]?.stringValue else { throw missing(name, "a string") }
        return text
    }

    package func integer(_ name: String) throws(MalformedAnswer) -> Int {
        guard let value = item[name]?.intValue else { throw missing(name, "a whole number") }
        return value
    }

    package func double(_ name: String) throws(MalformedAnswer) -> Double {
        guard let value = item[name]?.doubleValue else { throw missing(name, "a number") }
        return value
    }

    package func time(_ name: String) throws(MalformedAnswer) -> WallClock {
        WallClock(milliseconds: Int64(try integer(name)))
    }

    package func duration(_ name: String) throws(MalformedAnswer) -> Duration {
        // What is no time at all, in a table that others write to, is as good as a day.
        .milliseconds(min(max(try double(name), 0), 86_400_000))
    }

    private func missing(_ name: String, _ kind: String) -> MalformedAnswer {
        MalformedAnswer(reason: "\(what) in the table has no '\(name)' that is \(kind)")
    }
}

extension DynamoDB.Value {
    /// Milliseconds with three digits behind the point at most.
    package static func milliseconds(_ duration: Duration) -> Self {
        .double(((duration / .milliseconds(1)) * 1000).rounded() / 1000)
    }
}
