package import Wire

/// DynamoDB: tables with conditional writes, as far as boto3's table and item operations go; no indexes, streams or transactions.
package struct DynamoDBService: Sendable {
    package private(set) var tables: [String: Table] = [:]

    private static let tablesMax = 100

    package init() {}

    /// - Parameter now: the machine's clock, by which its processes set the end of an item's life.
    package mutating func answer(
        _ operation: String,
        _ request: JSON,
        now: WallClock
    ) throws(ServiceFailure) -> JSON {
        switch operation {
        case "CreateTable": return try createTable(request, now)
        case "ListTables": return ["TableNames": .array(tables.keys.sorted().map { .string($0) })]
        default: break
        }
        let name = try Self.tableName(request)
        guard var table = tables[name] else {
            throw ServiceFailure(
                "ResourceNotFoundException",
                "Requested resource not found: Table: \(name) not found; there are: \(tables.keys.sorted().joined(separator: ", "))"
            )
        }
        table.expire(now: now)
        switch operation {
        case "GetItem": return try table.get(request)
        case "Query": return try table.query(request)
        case "Scan": return try table.scan(request)
        case "DescribeTable": return ["Table": table.description]
        case "DescribeTimeToLive": return ["TimeToLiveDescription": table.timeToLiveDescription]
        default: break
        }
        let answer = try Self.change(&table, operation, request)
        tables[name] = operation == "DeleteTable" ? nil : table
        return answer
    }

    private static func change(_ table: inout Table, _ operation: String, _ request: JSON)
        throws(ServiceFailure) -> JSON
    {
        switch operation {
        case "PutItem": return try table.put(request)
        case "UpdateItem": return try table.update(request)
        case "DeleteItem": return try table.delete(request)
        case "UpdateTimeToLive": return try table.setTimeToLive(request)
        case "DeleteTable": return ["TableDescription": table.description]
        default:
            throw ServiceFailure("UnknownOperationException", "DynamoDB here has no operation \(operation)")
        }
    }

    /// A name or an ARN.
    private static func tableName(_ request: JSON) throws(ServiceFailure) -> String {
        guard let name = request["TableName"]?.stringValue, !name.isEmpty else {
            throw .validation(
                "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null"
            )
        }
        return name.split(separator: "/").last.map(String.init) ?? name
    }

    private mutating func createTable(_ request: JSON, _ now: WallClock) throws(ServiceFailure) -> JSON {
        let name = try Self.tableName(request)
        guard tables[name] == nil else {
            throw ServiceFailure("ResourceInUseException", "Table already exists: \(name)")
        }
        guard tables.count < Self.tablesMax else {
            throw ServiceFailure("LimitExceededException", "there are \(Self.tablesMax) tables; delete one")
        }
        func key(_ kind: String) throws(ServiceFailure) -> Table.Key? {
            let schema = request["KeySchema"]?.arrayValue ?? []
            guard
                let name = schema.first(where: { $0["KeyType"]?.stringValue == kind })?["AttributeName"]?
                    .stringValue
            else { return nil }
            let definitions = request["AttributeDefinitions"]?.arrayValue ?? []
            let type = definitions.first { $0["AttributeName"]?.stringValue == name }?["AttributeType"]?
                .stringValue
            guard let type, ["S", "N", "B"].contains(type) else {
                throw .validation(
                    "One or more parameter values were invalid: "
                        + "Some index key attributes are not defined in AttributeDefinitions: [\(name)]"
                )
            }
            return Table.Key(name: name, type: type)
        }
        guard let partition = try key("HASH") else {
            throw .validation(
                "1 validation error detected: no KeySchema element of KeyType HASH; name the partition key"
            )
        }
        let table = Table(name: name, created: now, partition: partition, sort: try key("RANGE"))
        tables[name] = table
        return ["TableDescription": table.description]
    }

    /// The stack's table, as the template makes it.
    package mutating func add(_ table: Table) { tables[table.name] = table }
}

extension Table {
    var description: JSON {
        let keys = [(partition, "HASH")] + (sort.map { [($0, "RANGE")] } ?? [])
        return [
            "TableName": .string(name), "TableStatus": "ACTIVE",
            "CreationDateTime": .double(created.seconds),
            "KeySchema": .array(
                keys.map { ["AttributeName": .string($0.0.name), "KeyType": .string($0.1)] }
            ),
            "AttributeDefinitions": .array(
                keys.map { ["AttributeName": .string($0.0.name), "AttributeType": .string($0.0.type)] }
            ),
            "ItemCount": .integer(Int64(count)), "TableSizeBytes": .integer(Int64(size)),
            "TableArn": .string(
                "arn:aws:dynamodb:\(FunctionConfiguration.region):\(FunctionConfiguration.account):table/\(name)"
            ),
            "BillingModeSummary": ["BillingMode": "PAY_PER_REQUEST"],
        ]
    }

    var timeToLiveDescription: JSON {
        timeToLive.map { ["TimeToLiveStatus": "ENABLED", "AttributeName": .string($0)] }
            ?? ["TimeToLiveStatus": "DISABLED"]
    }

    mutating func setTimeToLive(_ request: JSON) throws(ServiceFailure) -> JSON {
        guard let given = request["TimeToLiveSpecification"], let isOn = given["Enabled"]?.boolValue,
            let attribute = given["AttributeName"]?.stringValue
        else { throw .validation("TimeToLiveSpecification needs Enabled and AttributeName") }
        timeToLive = isOn ? attribute : nil
        return ["TimeToLiveSpecification": given]
    }
}
