/// Where in an item a value is: `fleet.members[0]`.
package struct DocumentPath: Equatable, Sendable {
    enum Step: Equatable, Sendable {
        case name(String)
        case index(Int)
    }

    /// The attribute.
    let name: String
    /// Below it.
    var steps: [Step] = []

    func value(in item: AttributeValue.Item) -> AttributeValue? {
        steps.reduce(item[name]) { value, step in
            switch (value, step) {
            case (.map(let members), .name(let name)): members[name]
            case (.list(let elements), .index(let index)): index < elements.count ? elements[index] : nil
            default: nil
            }
        }
    }

    /// Puts a value there; nil removes what is there.
    func set(_ value: AttributeValue?, in item: inout AttributeValue.Item) throws(ServiceFailure) {
        guard !steps.isEmpty else {
            item[name] = value
            return
        }
        guard let old = item[name] else { throw Self.invalid }
        item[name] = try Self.replaced(old, steps[...], by: value)
    }

    private static func replaced(
        _ old: AttributeValue,
        _ steps: ArraySlice<Step>,
        by value: AttributeValue?
    ) throws(ServiceFailure) -> AttributeValue {
        let rest = steps.dropFirst()
        switch (old, steps.first) {
        case (.map(var members), .name(let name)):
            if rest.isEmpty {
                members[name] = value
            } else {
                guard let member = members[name] else { throw invalid }
                members[name] = try replaced(member, rest, by: value)
            }
            return .map(members)
        case (.list(var elements), .index(let index)):
            if rest.isEmpty {
                if index < elements.count { elements.remove(at: index) }
                // Beyond the end it is appended.
                if let value { elements.insert(value, at: min(index, elements.count)) }
            } else {
                guard index < elements.count else { throw invalid }
                elements[index] = try replaced(elements[index], rest, by: value)
            }
            return .list(elements)
        default: throw invalid
        }
    }

    private static let invalid = ServiceFailure.validation(
        "The document path provided in the update expression is invalid for update"
    )
}
