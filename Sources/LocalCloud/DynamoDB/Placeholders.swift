package import Wire

/// What a request's `#names` and `:values` stand for, and which of them its expressions have used.
package struct Placeholders {
    private let names: [String: String]
    private let values: AttributeValue.Item
    private var unusedNames: Set<String>
    private var unusedValues: Set<String>

    package init(_ request: JSON) throws(ServiceFailure) {
        var names: [String: String] = [:]
        for member in request["ExpressionAttributeNames"]?.objectValue ?? [] {
            guard let name = member.value.stringValue, member.key.hasPrefix("#") else {
                throw .validation(
                    "ExpressionAttributeNames contains invalid key: Syntax error; key: \"\(member.key)\""
                )
            }
            names[member.key] = name
        }
        let values = try request["ExpressionAttributeValues"].map { (json) throws(ServiceFailure) in
            try AttributeValue.item(json)
        }
        for key in (values ?? [:]).keys.sorted() where !key.hasPrefix(":") {
            throw .validation("ExpressionAttributeValues contains invalid key: Syntax error; key: \"\(key)\"")
        }
        (self.names, self.values) = (names, values ?? [:])
        (unusedNames, unusedValues) = (Set(names.keys), Set(self.values.keys))
    }

    mutating func name(_ reference: String, in kind: String) throws(ServiceFailure) -> String {
        guard let name = names[reference] else {
            throw .validation(
                "Invalid \(kind): An expression attribute name used in the document path is not defined; attribute name: \(reference)"
            )
        }
        unusedNames.remove(reference)
        return name
    }

    mutating func value(_ reference: String, in kind: String) throws(ServiceFailure) -> AttributeValue {
        guard let value = values[reference] else {
            throw .validation(
                "Invalid \(kind): An expression attribute value used in expression is not defined; attribute value: \(reference)"
            )
        }
        unusedValues.remove(reference)
        return value
    }

    /// Refuses what was given for nothing, as AWS does.
    func checkAllUsed() throws(ServiceFailure) {
        if !unusedNames.isEmpty {
            let keys = unusedNames.sorted().joined(separator: ", ")
            throw .validation(
                "Value provided in ExpressionAttributeNames unused in expressions: keys: {\(keys)}"
            )
        }
        if !unusedValues.isEmpty {
            let keys = unusedValues.sorted().joined(separator: ", ")
            throw .validation(
                "Value provided in ExpressionAttributeValues unused in expressions: keys: {\(keys)}"
            )
        }
    }
}
