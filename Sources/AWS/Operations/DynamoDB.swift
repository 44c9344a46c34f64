import Wire

/// DynamoDB: items of one table, read and written one at a time, or queried by their key.
///
/// A conditional write whose answer was lost may be refused on its retry because the first attempt took effect: the error then
/// has `mayHaveTakenEffect`, and what the item holds decides.
package enum DynamoDB {
    /// The code of a write whose condition did not hold.
    package static let conditionFailed = "ConditionalCheckFailedException"

    /// The item with a key, or nil; reads are strongly consistent.
    package static func getItem(_ table: String, key: Item) -> Call<Item?> {
        Call(
            .dynamoDB,
            "GetItem",
            ["TableName": .string(table), "Key": key.json, "ConsistentRead": true]
        ) { answer throws(MalformedAnswer) in
            answer["Item"].isPresent ? try Item(answer["Item"]) : nil
        }
    }

    /// Writes a whole item, in place of any with its key.
    package static func putItem(_ table: String, _ item: Item, condition: Expression? = nil) -> Call<Void> {
        var placeholders = Placeholders()
        let members: [JSON.Member] = [
            .init("TableName", .string(table)), .init("Item", item.json),
            .init("ConditionExpression", placeholders.text(of: condition)),
        ]
        return Call(.dynamoDB, "PutItem", .object(members + placeholders.members), effect: .idempotent) {
            (_: Field) in
        }
    }

    /// Changes attributes of an item, which is made when it is not there; the result is the item after it.
    ///
    /// - Parameter isRepeatable: Whether doing it twice is the same as once; `ADD` and `SET n = n + 1` are not.
    package static func updateItem(
        _ table: String,
        key: Item,
        _ update: Expression,
        condition: Expression? = nil,
        isRepeatable: Bool
    ) -> Call<Item> {
        var placeholders = Placeholders()
        let members: [JSON.Member] = [
            .init("TableName", .string(table)), .init("Key", key.json),
            .init("UpdateExpression", placeholders.text(of: update)),
            .init("ConditionExpression", placeholders.text(of: condition)),
        ]
        return Call(
            .dynamoDB,
            "UpdateItem",
            .object(members + placeholders.members + [.init("ReturnValues", "ALL_NEW")]),
            effect: isRepeatable ? .idempotent : .once
        ) { answer throws(MalformedAnswer) in
            try Item(answer["Attributes"])
        }
    }

    /// Removes an item; one that is not there is as good as removed.
    package static func deleteItem(_ table: String, key: Item, condition: Expression? = nil) -> Call<Void> {
        var placeholders = Placeholders()
        let members: [JSON.Member] = [
            .init("TableName", .string(table)), .init("Key", key.json),
            .init("ConditionExpression", placeholders.text(of: condition)),
        ]
        return Call(.dynamoDB, "DeleteItem", .object(members + placeholders.members), effect: .idempotent) {
            (_: Field) in
        }
    }

    /// Items by their partition key, in the order of the sort key.
    ///
    /// - Parameter isConsistent: Whether all earlier writes are seen, for twice the price; indexes cannot.
    package static func query(
        _ table: String,
        index: String? = nil,
        where condition: Expression,
        filter: Expression? = nil,
        isConsistent: Bool = true
    ) -> Call<[Item]> {
        var placeholders = Placeholders()
        let members: [JSON.Member] = [
            .init("TableName", .string(table)), .init("IndexName", .optional(index)),
            .init("KeyConditionExpression", placeholders.text(of: condition)),
            .init("FilterExpression", placeholders.text(of: filter)),
            .init("ConsistentRead", .bool(isConsistent && index == nil)),
        ]
        return items("Query", members + placeholders.members)
    }

    /// All items of a table, for one that is as small as a fleet; strongly consistent.
    package static func scan(_ table: String, filter: Expression? = nil) -> Call<[Item]> {
        var placeholders = Placeholders()
        let members: [JSON.Member] = [
            .init("TableName", .string(table)), .init("FilterExpression", placeholders.text(of: filter)),
            .init("ConsistentRead", true),
        ]
        return items("Scan", members + placeholders.members)
    }

    private static func items(_ operation: String, _ members: [JSON.Member]) -> Call<[Item]> {
        Call(.dynamoDB, operation, .object(members)) { answer throws(MalformedAnswer) in
            try answer["Items"].list { item throws(MalformedAnswer) in try Item(item) }
        }.paged(by: "LastEvaluatedKey", "ExclusiveStartKey")
    }
}
