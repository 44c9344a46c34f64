package import Wire

/// A table: items by their key, read and written one at a time (strongly consistent, like the rest of this cloud).
package struct Table: Sendable {
    package struct Key: Equatable, Sendable {
        package let name: String
        /// `S`, `N` or `B`.
        package let type: String

        package init(name: String, type: String) { (self.name, self.type) = (name, type) }
    }

    package let name: String
    package let created: WallClock
    package let partition: Key
    package let sort: Key?
    /// The attribute whose time, in seconds since 1970, ends an item.
    package var timeToLive: String?
    private var items: [String: AttributeValue.Item] = [:]

    /// AWS's limit, in bytes.
    private static let itemMax = 400 * 1024

    package init(name: String, created: WallClock, partition: Key, sort: Key? = nil) {
        (self.name, self.created, self.partition, self.sort) = (name, created, partition, sort)
    }

    package var count: Int { items.count }

    package var size: Int { items.values.reduce(0) { $0 + Self.size($1) } }

    private static func size(_ item: AttributeValue.Item) -> Int {
        item.reduce(0) { $0 + $1.key.utf8.count + $1.value.size }
    }

    /// All items, by partition and then by sort key.
    package var ordered: [AttributeValue.Item] {
        items.values.sorted { one, other in
            for key in [partition, sort].compactMap({ $0 }) {
                guard let order = one[key.name].flatMap({ value in other[key.name].flatMap(value.order) }),
                    order != 0
                else { continue }
                return order < 0
            }
            return false
        }
    }

    /// The items of one partition, in no order: for whoever watches.
    func items(of partition: String) -> [AttributeValue.Item] {
        items.values.filter { $0[self.partition.name] == .string(partition) }
    }

    // MARK: Keys

    /// The attributes of a key, of exactly the right names and types.
    func checkKey(_ key: AttributeValue.Item) throws(ServiceFailure) {
        let names = [partition, sort].compactMap { $0?.name }
        guard Set(key.keys) == Set(names) else {
            throw .validation("The provided key element does not match the schema")
        }
        try checkTypes(key)
    }

    private func checkTypes(_ item: AttributeValue.Item) throws(ServiceFailure) {
        for key in [partition, sort].compactMap({ $0 }) {
            guard let value = item[key.name] else {
                throw .validation(
                    "One or more parameter values were invalid: Missing the key \(key.name) in the item"
                )
            }
            guard value.type == key.type else {
                throw .validation(
                    "One or more parameter values were invalid: "
                        + "Type mismatch for key \(key.name) expected: \(key.type) actual: \(value.type)"
                )
            }
            guard value.size > 0 else {
                throw .validation(
                    "One or more parameter values are not valid. "
                        + "The AttributeValue for a key attribute cannot contain an empty string value. "
                        + "Key: \(key.name)"
                )
            }
        }
    }

    package func key(of item: AttributeValue.Item) -> AttributeValue.Item {
        item.filter { $0.key == partition.name || $0.key == sort?.name }
    }

    private func identity(_ item: AttributeValue.Item) -> String {
        String(decoding: AttributeValue.json(key(of: item)).encoded(), as: UTF8.self)
    }

    // MARK: Items

    package func item(_ key: AttributeValue.Item) throws(ServiceFailure) -> AttributeValue.Item? {
        try checkKey(key)
        return items[identity(key)]
    }

    /// Puts an item in the place of any with its key, which it returns.
    @discardableResult
    package mutating func put(_ item: AttributeValue.Item) throws(ServiceFailure) -> AttributeValue.Item? {
        try checkTypes(item)
        guard Self.size(item) <= Self.itemMax else {
            throw .validation("Item size has exceeded the maximum allowed size")
        }
        return items.updateValue(item, forKey: identity(item))
    }

    @discardableResult
    package mutating func remove(_ key: AttributeValue.Item) throws(ServiceFailure) -> AttributeValue.Item? {
        try checkKey(key)
        return items.removeValue(forKey: identity(key))
    }

    /// Forgets items whose time is over.
    package mutating func expire(now: WallClock) {
        guard let timeToLive else { return }
        items = items.filter { item in
            guard case .number(let seconds) = item.value[timeToLive] else { return true }
            return seconds.double > now.seconds
        }
    }
}
