package import Wire

/// A form's flat parameters as the tree they stand for: `Filter.1.Value.2=x` is the second value of the first filter.
package enum FormTree {
    /// More than any request has that means well.
    private static let pairsMax = 5000
    private static let depthMax = 12

    private final class Node {
        var value: String?
        var children: [(key: String, node: Node)] = []
        var positions: [String: Int] = [:]

        func child(_ key: String) -> Node {
            if let position = positions[key] { return children[position].node }
            positions[key] = children.count
            let node = Node()
            children.append((key, node))
            return node
        }

        /// Members whose names are all numbers are a list, in the order of the numbers.
        var json: JSON {
            guard !children.isEmpty else { return .string(value ?? "") }
            let numbered = children.compactMap { child in Int(child.key).map { ($0, child.node) } }
            guard numbered.count == children.count else {
                return .object(children.map { JSON.Member($0.key, $0.node.json) })
            }
            return .array(numbered.sorted { $0.0 < $1.0 }.map { $0.1.json })
        }
    }

    package static func read(_ body: [UInt8]) throws(ServiceFailure) -> JSON {
        let pairs = AWSRequest.pairs(String(decoding: body, as: UTF8.self), plusIsSpace: true)
        guard pairs.count <= pairsMax else {
            throw ServiceFailure(
                "MalformedQueryString",
                "the request has \(pairs.count) parameters; send \(pairsMax) at most"
            )
        }
        let root = Node()
        for (name, value) in pairs {
            let parts = name.split(separator: ".")
            guard parts.count <= depthMax else {
                throw ServiceFailure(
                    "MalformedQueryString",
                    "the parameter \(cropped(name, to: 100)) is nested too deep"
                )
            }
            var node = root
            for part in parts { node = node.child(String(part)) }
            node.value = value
        }
        return root.json
    }
}
