import Wire

extension Table {
    /// AWS's limit of what one page of a query reads, in bytes.
    private static let pageMax = 1 << 20

    /// `GetItem`.
    func get(_ request: JSON) throws(ServiceFailure) -> JSON {
        let key = try requestedKey(request)
        var placeholders = try Placeholders(request)
        let projection = try projection(request, &placeholders)
        try placeholders.checkAllUsed()
        guard let item = try item(key) else { return .object([]) }
        return ["Item": AttributeValue.json(projection(item))]
    }

    /// `Query`.
    func query(_ request: JSON) throws(ServiceFailure) -> JSON {
        guard request["IndexName"]?.stringValue == nil else {
            throw .validation(
                "The table does not have the specified index: \(request["IndexName"]?.stringValue ?? "")"
            )
        }
        guard let text = request["KeyConditionExpression"]?.stringValue else {
            throw .validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            )
        }
        var placeholders = try Placeholders(request)
        let condition = try ExpressionParser.condition(text, "KeyConditionExpression", &placeholders)
        try checkKeyCondition(condition)
        let isForward = request["ScanIndexForward"]?.boolValue ?? true
        let found = ordered.filter { condition.holds(for: $0) }
        return try page(request, isForward ? found : found.reversed(), &placeholders)
    }

    /// `Scan`.
    func scan(_ request: JSON) throws(ServiceFailure) -> JSON {
        var placeholders = try Placeholders(request)
        return try page(request, ordered, &placeholders)
    }

    /// A query names one partition, and at most a range of sort keys.
    private func checkKeyCondition(_ condition: Condition) throws(ServiceFailure) {
        var (hasPartition, hasSort) = (false, false)
        func check(_ condition: Condition) throws(ServiceFailure) {
            switch condition {
            case .both(let one, let other):
                try check(one)
                try check(other)
            case .compare(.path(let path), .equal, .value) where path.name == partition.name && !hasPartition:
                hasPartition = true
            case .compare(.path(let path), let comparison, .value)
            where isSort(path) && comparison != .unequal:
                try checkFirstSort()
            case .between(.path(let path), .value, .value) where isSort(path),
                .beginsWith(.path(let path), .value) where isSort(path):
                try checkFirstSort()
            default: throw .validation("Query key condition not supported")
            }
        }
        func isSort(_ path: DocumentPath) -> Bool { path.steps.isEmpty && path.name == sort?.name }
        func checkFirstSort() throws(ServiceFailure) {
            guard !hasSort else {
                throw .validation("KeyConditionExpressions must only contain one condition per key")
            }
            hasSort = true
        }
        try check(condition)
        guard hasPartition else {
            throw .validation("Query condition missed key schema element: \(partition.name)")
        }
    }

    /// The items behind the start key, up to the limits, of which the filter leaves some.
    private func page(
        _ request: JSON,
        _ items: [AttributeValue.Item],
        _ placeholders: inout Placeholders
    ) throws(ServiceFailure) -> JSON {
        let filter = try request["FilterExpression"]?.stringValue.map { (text) throws(ServiceFailure) in
            try ExpressionParser.condition(text, "FilterExpression", &placeholders)
        }
        let projection = try projection(request, &placeholders)
        try placeholders.checkAllUsed()
        let read = try Self.read(try after(request, items), request)
        let kept = read.items.filter { filter?.holds(for: $0) ?? true }
        var members: [JSON.Member] = [
            .init("Count", .integer(Int64(kept.count))),
            .init("ScannedCount", .integer(Int64(read.items.count))),
        ]
        if request["Select"]?.stringValue != "COUNT" {
            members.append(.init("Items", .array(kept.map { AttributeValue.json(projection($0)) })))
        }
        if read.hasMore, let last = read.items.last {
            members.append(.init("LastEvaluatedKey", AttributeValue.json(key(of: last))))
        }
        return .object(members)
    }

    private func after(_ request: JSON, _ items: [AttributeValue.Item]) throws(ServiceFailure) -> ArraySlice<
        AttributeValue.Item
    > {
        guard let json = request["ExclusiveStartKey"], json != .null else { return items[...] }
        let start = try AttributeValue.item(json)
        try checkKey(start)
        if let position = items.firstIndex(where: { key(of: $0) == start }) {
            return items[(position + 1)...]
        }
        // The item was removed meanwhile: what comes behind its place.
        guard let sort, let value = start[sort.name] else { return [] }
        let isForward = request["ScanIndexForward"]?.boolValue ?? true
        let position = items.firstIndex { ($0[sort.name]?.order(value) ?? 0) * (isForward ? 1 : -1) > 0 }
        return items[(position ?? items.endIndex)...]
    }

    private static func read(
        _ items: ArraySlice<AttributeValue.Item>,
        _ request: JSON
    ) throws(ServiceFailure) -> (items: [AttributeValue.Item], hasMore: Bool) {
        let limit = request["Limit"]?.intValue ?? .max
        guard limit >= 1 else { throw .validation("Limit is \(limit); it must be 1 or more") }
        var (read, bytes) = ([AttributeValue.Item](), 0)
        for item in items {
            guard read.count < limit, bytes < pageMax else { return (read, true) }
            read.append(item)
            bytes += item.reduce(0) { $0 + $1.key.utf8.count + $1.value.size }
        }
        return (read, read.count == limit)
    }

    /// What the request wants of each item; paths below attributes give the whole attribute.
    private func projection(
        _ request: JSON,
        _ placeholders: inout Placeholders
    ) throws(ServiceFailure) -> (AttributeValue.Item) -> AttributeValue.Item {
        guard let text = request["ProjectionExpression"]?.stringValue else { return { $0 } }
        let names = try ExpressionParser.names(text, "ProjectionExpression", &placeholders)
        return { item in item.filter { names.contains($0.key) } }
    }
}

extension ExpressionParser {
    /// The attributes of a list of paths.
    fileprivate static func names(
        _ text: String,
        _ kind: String,
        _ placeholders: inout Placeholders
    ) throws(ServiceFailure) -> Set<String> {
        var parser = try ExpressionParser(text, kind, placeholders)
        var names: Set<String> = []
        repeat { names.insert(try parser.path().name) } while parser.take(symbol: ",")
        try parser.expectEnd()
        placeholders = parser.placeholders
        return names
    }
}
