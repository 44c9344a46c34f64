package import AWS
package import Wire

/// EC2 has said that it takes an instance back, or that it may soon.
///
/// An item of its own, so that what an event says is kept even while a tick holds the lease.
package struct InstanceWarning: Equatable, Sendable {
    package enum Kind: String, Sendable { case interruption, rebalance }

    package let instance: String
    package let kind: Kind
    package let at: WallClock

    /// An interruption is over after minutes, and a recommendation is repeated.
    package static let keptFor = Duration.seconds(3600)

    package init(instance: String, kind: Kind, at: WallClock) {
        (self.instance, self.kind, self.at) = (instance, kind, at)
    }

    package var item: DynamoDB.Item {
        [
            "pk": .string("warning"), "sk": .string(instance), "kind": .string(kind.rawValue),
            "at_ms": .integer(at.milliseconds), "ttl": .timeToLive(at + Self.keptFor),
        ]
    }

    package init(_ item: DynamoDB.Item) throws(MalformedAnswer) {
        let reader = ItemReader(item, "a warning")
        guard let kind = Kind(rawValue: try reader.string("kind")) else {
            throw MalformedAnswer(reason: "a warning in the table is of an unknown kind")
        }
        self.init(instance: try reader.string("sk"), kind: kind, at: try reader.time("at_ms"))
    }
}
