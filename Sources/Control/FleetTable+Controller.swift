package import AWS
package import Fleet
package import Wire

/// The controller's own items.
extension FleetTable {
    private static let controller = "controller"

    // MARK: The lease

    /// Takes the lease, or extends it; fails with `DynamoDB.conditionFailed` while another holds it.
    package func takeLease(_ holder: String, until: WallClock, now: WallClock) -> Call<Void> {
        DynamoDB.putItem(
            name,
            Self.key(Self.controller, "lease").merging([
                "holder": .string(holder), "until_ms": .integer(until.milliseconds),
            ]) { $1 },
            condition: """
                attribute_not_exists(\(name: "pk")) OR \(name: "until_ms") < \(.integer(now.milliseconds)) \
                OR \(name: "holder") = \(.string(holder))
                """
        )
    }

    /// Lets the next one in at once.
    package func releaseLease(_ holder: String) -> Call<Void> {
        DynamoDB.deleteItem(
            name,
            key: Self.key(Self.controller, "lease"),
            condition: "\(name: "holder") = \(.string(holder))"
        )
    }

    /// Who holds the lease; nil for nobody.
    package func leaseHolder() -> Call<String?> {
        DynamoDB.getItem(name, key: Self.key(Self.controller, "lease")).map { $0?["holder"]?.stringValue }
    }

    // MARK: The document

    /// The document with the nonce of who wrote it; nil when there is none.
    package func document() -> Call<(document: ControllerDocument, nonce: String)?> {
        DynamoDB.getItem(name, key: Self.key(Self.controller, "document")).map {
            item throws(MalformedAnswer) in
            guard let item else { return nil }
            let reader = ItemReader(item, "the controller's document")
            let version = try reader.integer("version")
            let nonce = try reader.string("nonce")
            guard let json = try? JSON(parsing: Array(try reader.string("state").utf8)) else {
                throw MalformedAnswer(reason: "the controller's document is no JSON")
            }
            return (ControllerDocument(version: version, json), nonce)
        }
    }

    /// Puts the next version in place of the document's own; fails with `DynamoDB.conditionFailed` when another has come meanwhile.
    package func put(_ document: ControllerDocument, nonce: String) -> Call<Void> {
        let item: DynamoDB.Item = [
            "version": .integer(document.version + 1), "nonce": .string(nonce),
            "state": .string(String(decoding: document.json.encoded(), as: UTF8.self)),
        ]
        let condition: DynamoDB.Expression =
            document.version == 0
            ? "attribute_not_exists(\(name: "pk"))"
            : "\(name: "version") = \(.integer(document.version))"
        return DynamoDB.putItem(
            name,
            item.merging(Self.key(Self.controller, "document")) { $1 },
            condition: condition
        )
    }

    // MARK: The forecaster

    /// As of its last training; minutes since then are told to it again.
    package func forecaster() -> Call<[UInt8]?> {
        DynamoDB.getItem(name, key: Self.key(Self.controller, "forecaster")).map {
            $0?["state"]?.bytesValue
        }
    }

    package func putForecaster(_ state: [UInt8]) -> Call<Void> {
        DynamoDB.putItem(
            name,
            Self.key(Self.controller, "forecaster").merging(["state": .bytes(state)]) { $1 }
        )
    }

    // MARK: Decisions

    /// What was decided at a tick, for people, for seven days.
    package func putDecision(_ decision: JSON, at now: WallClock) -> Call<Void> {
        DynamoDB.putItem(
            name,
            Self.key("decision", now.description).merging([
                "decided": .string(String(decoding: decision.encoded(), as: UTF8.self)),
                "ttl": .timeToLive(now + .seconds(7 * 86_400)),
            ]) { $1 }
        )
    }
}
