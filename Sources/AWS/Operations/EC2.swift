import Wire

/// EC2: instances, what they cost and what they are launched from.
package enum EC2 {
    package enum Market: String, Sendable { case onDemand = "on-demand", spot }

    /// One condition of a Describe call: a name and the values of which one must hold.
    package struct Filter: Equatable, Sendable {
        package let name: String
        package let values: [String]

        package init(_ name: String, _ values: [String]) {
            self.name = name
            self.values = values
        }

        package static func tag(_ key: String, _ value: String) -> Filter { Filter("tag:\(key)", [value]) }

        var json: JSON { ["Name": .string(name), "Value": .strings(values)] }
    }

    package struct Tag: Equatable, Sendable {
        package let key: String
        package let value: String

        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }

        var json: JSON { ["Key": .string(key), "Value": .string(value)] }
    }

    /// Adds tags to resources, or sets them.
    package static func createTags(_ resources: [String], _ tags: [Tag]) -> Call<Void> {
        Call(
            .ec2,
            "CreateTags",
            ["ResourceId": .strings(resources), "Tag": .array(tags.map(\.json))],
            effect: .idempotent
        ) { (_: Field) in }
    }

    /// Tags that what is created has from the start.
    static func specification(_ resource: String, _ tags: [Tag]) -> JSON {
        tags.isEmpty ? .null : ["ResourceType": .string(resource), "Tag": .array(tags.map(\.json))]
    }

    static func specifications(_ resources: [String], _ tags: [Tag]) -> JSON {
        tags.isEmpty ? .null : .array(resources.map { specification($0, tags) })
    }
}

extension JSON {
    static func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }

    /// Null for what is not given.
    static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }

    static func optional(_ number: Int?) -> JSON { number.map { .integer(Int64($0)) } ?? .null }
}
