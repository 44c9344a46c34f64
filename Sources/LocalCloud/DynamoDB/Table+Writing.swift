import Wire

extension Table {
    /// `PutItem`.
    mutating func put(_ request: JSON) throws(ServiceFailure) -> JSON {
        guard let json = request["Item"] else { throw .validation("PutItem needs an Item") }
        let item = try AttributeValue.item(json)
        var placeholders = try Placeholders(request)
        try check(request, key: key(of: item), &placeholders)
        try placeholders.checkAllUsed()
        let wish = try returnValues(request, ["NONE", "ALL_OLD"])
        let old = try put(item)
        return wish == "ALL_OLD" ? Self.attributes(old) : .object([])
    }

    /// `DeleteItem`.
    mutating func delete(_ request: JSON) throws(ServiceFailure) -> JSON {
        let key = try requestedKey(request)
        var placeholders = try Placeholders(request)
        try check(request, key: key, &placeholders)
        try placeholders.checkAllUsed()
        let wish = try returnValues(request, ["NONE", "ALL_OLD"])
        let old = try remove(key)
        return wish == "ALL_OLD" ? Self.attributes(old) : .object([])
    }

    /// `UpdateItem`.
    mutating func update(_ request: JSON) throws(ServiceFailure) -> JSON {
        let key = try requestedKey(request)
        var placeholders = try Placeholders(request)
        let update = try request["UpdateExpression"]?.stringValue.map { (text) throws(ServiceFailure) in
            try ExpressionParser.update(text, &placeholders)
        }
        try check(request, key: key, &placeholders)
        try placeholders.checkAllUsed()
        let wish = try returnValues(request, ["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
        let names = Set((update?.changes ?? []).map(\.path.name))
        if let name = names.sorted().first(where: { key[$0] != nil }) {
            throw .validation(
                "One or more parameter values were invalid: Cannot update attribute \(name). This attribute is part of the key"
            )
        }
        let old = try item(key)
        let new = try update?.applied(to: old ?? key) ?? old ?? key
        try put(new)
        switch wish {
        case "ALL_OLD": return Self.attributes(old)
        case "ALL_NEW": return Self.attributes(new)
        case "UPDATED_OLD": return Self.attributes(old?.filter { names.contains($0.key) })
        case "UPDATED_NEW": return Self.attributes(new.filter { names.contains($0.key) })
        default: return .object([])
        }
    }

    private static func attributes(_ item: AttributeValue.Item?) -> JSON {
        item.map { .object([JSON.Member("Attributes", AttributeValue.json($0))]) } ?? .object([])
    }

    func requestedKey(_ request: JSON) throws(ServiceFailure) -> AttributeValue.Item {
        guard let json = request["Key"] else { throw .validation("the request needs a Key") }
        let key = try AttributeValue.item(json)
        try checkKey(key)
        return key
    }

    private func returnValues(_ request: JSON, _ allowed: [String]) throws(ServiceFailure) -> String {
        let wish = request["ReturnValues"]?.stringValue ?? "NONE"
        guard allowed.contains(wish) else {
            throw .validation(
                "Return values set to invalid value: \(wish); expected one of \(allowed.joined(separator: ", "))"
            )
        }
        return wish
    }

    /// Refuses a write whose condition does not hold of the item with the key.
    private func check(
        _ request: JSON,
        key: AttributeValue.Item,
        _ placeholders: inout Placeholders
    ) throws(ServiceFailure) {
        guard let text = request["ConditionExpression"]?.stringValue else { return }
        let condition = try ExpressionParser.condition(text, "ConditionExpression", &placeholders)
        let item = try item(key)
        guard !condition.holds(for: item ?? [:]) else { return }
        let tells = request["ReturnValuesOnConditionCheckFailure"]?.stringValue == "ALL_OLD"
        throw ServiceFailure(
            "ConditionalCheckFailedException",
            "The conditional request failed",
            details: tells ? item.map { [JSON.Member("Item", AttributeValue.json($0))] } ?? [] : []
        )
    }
}
