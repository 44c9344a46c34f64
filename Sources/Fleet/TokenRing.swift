package import AWS
package import Wire

/// The secrets between router and backends: one in use, the one before, and the one to come.
///
/// A rotation has two steps ten minutes apart: `next` appears, which every backend accepts within a minute; then it becomes `current`.
/// So no router uses a token that a backend does not know yet.
package struct TokenRing: Equatable, Sendable {
    package let current: String
    package let previous: String?
    package let next: String?
    package let changed: WallClock

    package static let rotationPeriod = Duration.seconds(86_400)
    /// From a step of a rotation to the next one: backends read the ring far oftener.
    package static let settling = Duration.seconds(600)

    package init(current: String, previous: String? = nil, next: String? = nil, changed: WallClock) {
        (self.current, self.previous, self.next, self.changed) = (current, previous, next, changed)
    }

    /// What a backend accepts.
    package var accepted: [String] { [current, previous, next].compactMap { $0 } }

    /// The ring after a step that is due; nil when none is.
    package func advanced(at now: WallClock, new: String) -> TokenRing? {
        let age = Duration.milliseconds(now - changed)
        if let next {
            guard age >= Self.settling else { return nil }
            return TokenRing(current: next, previous: current, changed: now)
        }
        guard age >= Self.rotationPeriod else { return nil }
        return TokenRing(current: current, next: new, changed: now)
    }

    package var item: DynamoDB.Item {
        var item: DynamoDB.Item = [
            "token": .string(current), "changed_ms": .integer(changed.milliseconds),
        ]
        item["previous"] = previous.map { .string($0) }
        item["next"] = next.map { .string($0) }
        return item
    }

    package init(_ item: DynamoDB.Item) throws(MalformedAnswer) {
        let reader = ItemReader(item, "the token")
        self.init(
            current: try reader.string("token"),
            previous: item["previous"]?.stringValue,
            next: item["next"]?.stringValue,
            changed: try reader.time("changed_ms")
        )
    }
}

extension TokenRing {
    /// A new secret: 256 bits of the system's generator.
    package static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef")
        return String((0..<64).map { _ in digits[Int(generator.next(upperBound: 16 as UInt))] })
    }
}
