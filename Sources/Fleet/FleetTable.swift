package import AWS
import Wire

/// The one table of a stack, which all its processes share: who serves, what the controller knows, and the secret between them.
///
/// | Partition (`pk`) | Sort key (`sk`) | Item |
/// |---|---|---|
/// | `fleet` | instance id | `RegisteredBackend`, written by the backend every two seconds; `drain` added by the controller |
/// | `token` | `current` | `TokenRing` |
/// | `warning` | instance id | `InstanceWarning`: EC2 takes the instance back, or may soon |
/// | `controller` | `document`, `forecaster`, `lease`, `status` | the controller's own |
/// | `decision` | the tick's time | what was decided, for seven days |
///
/// The fleet has a partition of its own, so that a router reads it with one query and nothing else: on one key per item it would have to
/// read the controller's documents as well.
package struct FleetTable: Equatable, Sendable {
    package let name: String

    package init(_ name: String) { self.name = name }

    package static func key(_ partition: String, _ sort: String) -> DynamoDB.Item {
        ["pk": .string(partition), "sk": .string(sort)]
    }

    static let fleet = "fleet"

    // MARK: The registry

    /// All backends that have registered, those that have fallen silent among them.
    ///
    /// An item that is no backend, as a program of another version may write it, is left out: it must not hide the others.
    /// - Parameter isConsistent: the controller's reading; a router's may be a moment old, at half the price.
    package func backends(isConsistent: Bool) -> Call<[RegisteredBackend]> {
        DynamoDB.query(
            name,
            where: "\(name: "pk") = \(.string(Self.fleet))",
            isConsistent: isConsistent
        ).mapEach { item in try? RegisteredBackend(item) }
    }

    /// A heartbeat; the first one registers.
    ///
    /// The result tells whether the controller wants the backend to drain.
    package func beat(_ backend: RegisteredBackend) -> Call<Bool> {
        let values = backend.item.sorted { $0.key < $1.key }
        var update = DynamoDB.Expression(stringLiteral: "SET ")
        for (position, value) in values.enumerated() {
            update.append(
                position == 0
                    ? "\(name: value.key) = \(value.value)" : ", \(name: value.key) = \(value.value)"
            )
        }
        // What an earlier process of the same instance has written.
        if backend.pin == nil { update.append(" REMOVE \(name: "pin")") }
        return DynamoDB.updateItem(name, key: Self.key(Self.fleet, backend.id), update, isRepeatable: true)
            .map { $0["drain"]?.boolValue ?? false }
    }

    /// The backend is gone, or about to be: routers forget it within a second.
    package func deregister(_ id: String) -> Call<Void> {
        DynamoDB.deleteItem(name, key: Self.key(Self.fleet, id))
    }

    /// Asks a backend to take no new requests and to end when it is idle; routers leave it at once.
    ///
    /// Only of one that is registered: an item that this made would be no backend.
    package func askToDrain(_ id: String) -> Call<Void> {
        DynamoDB.updateItem(
            name,
            key: Self.key(Self.fleet, id),
            "SET \(name: "drain") = \(.bool(true))",
            condition: "attribute_exists(\(name: "pk"))",
            isRepeatable: true
        ).map { _ in }
    }

    // MARK: The token

    package func token() -> Call<TokenRing?> {
        DynamoDB.getItem(name, key: Self.key("token", "current")).map { item throws(MalformedAnswer) in
            guard let item else { return nil }
            return try TokenRing(item)
        }
    }

    /// Replaces the ring that was read; fails with `DynamoDB.conditionFailed` when another has come meanwhile.
    package func put(_ ring: TokenRing, replacing old: TokenRing?) -> Call<Void> {
        let condition: DynamoDB.Expression =
            if let old {
                "\(name: "changed_ms") = \(.integer(old.changed.milliseconds))"
            } else {
                "attribute_not_exists(\(name: "pk"))"
            }
        return DynamoDB.putItem(
            name,
            ring.item.merging(Self.key("token", "current")) { _, key in key },
            condition: condition
        )
    }

    // MARK: Warnings

    package func warnings() -> Call<[InstanceWarning]> {
        DynamoDB.query(name, where: "\(name: "pk") = \(.string("warning"))").mapEach {
            item throws(MalformedAnswer) in try InstanceWarning(item)
        }
    }

    package func put(_ warning: InstanceWarning) -> Call<Void> {
        DynamoDB.putItem(name, warning.item)
    }
}
