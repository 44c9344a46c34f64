package import Wire

extension EC2Service {
    /// The result of an operation as the tree of its XML.
    package mutating func answer(
        _ operation: String,
        _ tree: JSON,
        now: WallClock
    ) throws(ServiceFailure) -> JSON {
        let request = Parameters(tree)
        switch operation {
        case "RunInstances", "CreateFleet", "CreateLaunchTemplate", "CreateLaunchTemplateVersion":
            return try once(operation, request, now)
        case "DescribeInstances": return try describeInstances(request)
        case "TerminateInstances": return try terminateInstances(request, now)
        case "DescribeSpotPriceHistory": return try describeSpotPriceHistory(request, now)
        case "DescribeInstanceTypes": return try describeInstanceTypes(request)
        case "DescribeSubnets": return try describeSubnets(request)
        case "DescribeLaunchTemplates": return try describeLaunchTemplates(request)
        case "DescribeLaunchTemplateVersions": return try describeLaunchTemplateVersions(request)
        case "CreateTags": return try createTags(request)
        default:
            throw ServiceFailure(
                "InvalidAction",
                "The action \(cropped(operation, to: 60)) is not valid for this web service."
            )
        }
    }

    private static let tokensMax = 10_000

    /// A token makes a request happen once: the same again has the same answer, another is an error.
    private mutating func once(
        _ operation: String,
        _ request: Parameters,
        _ now: WallClock
    ) throws(ServiceFailure) -> JSON {
        guard let token = request.string("ClientToken") else { return try perform(operation, request, now) }
        guard token.utf8.count <= 64 else {
            throw ServiceFailure(
                "InvalidParameterValue",
                "Value (\(cropped(token, to: 70))) for parameter ClientToken is longer than 64"
            )
        }
        let key = "\(operation)/\(token)"
        if let before = answered[key] {
            guard before.request == request.tree else {
                throw ServiceFailure(
                    "IdempotentParameterMismatch",
                    "The request uses the same client token as a previous, but non-identical request."
                )
            }
            return before.answer
        }
        let answer = try perform(operation, request, now)
        if answered.count >= Self.tokensMax { answered = [:] }
        answered[key] = (request.tree, answer)
        return answer
    }

    private mutating func perform(
        _ operation: String,
        _ request: Parameters,
        _ now: WallClock
    ) throws(ServiceFailure) -> JSON {
        switch operation {
        case "RunInstances": try runInstances(request, now)
        case "CreateFleet": try createFleet(request, now)
        case "CreateLaunchTemplate": try createLaunchTemplate(request, now)
        default: try createLaunchTemplateVersion(request, now)
        }
    }

    // MARK: Filters

    /// Whether a resource meets all filters of a request; in a value, `*` and `?` stand for any text and any character.
    ///
    /// - Parameter values: the resource's values under a filter's name; nil for a filter that there is not.
    static func meets(
        _ request: Parameters,
        values: (String) -> [String]?
    ) throws(ServiceFailure) -> Bool {
        for filter in request["Filter"].list {
            let name = try filter.required("Name")
            guard let found = values(name) else {
                throw ServiceFailure(
                    "InvalidParameterValue",
                    "The filter '\(cropped(name, to: 60))' is invalid"
                )
            }
            let patterns = filter.strings("Value")
            guard found.contains(where: { value in patterns.contains { matches(value[...], $0[...]) } })
            else {
                return false
            }
        }
        return true
    }

    private static func matches(_ text: Substring, _ pattern: Substring) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        if first == "*" {
            return matches(text, rest) || (!text.isEmpty && matches(text.dropFirst(), pattern))
        }
        return !text.isEmpty && (first == "?" || first == text.first) && matches(text.dropFirst(), rest)
    }

    /// Values of the filters that all tagged resources have.
    static func tagValues(_ name: String, _ tags: [String: String]) -> [String]? {
        if name.hasPrefix("tag:") { return tags[String(name.dropFirst(4))].map { [$0] } ?? [] }
        return name == "tag-key" ? tags.keys.sorted() : nil
    }

    static func tagSet(_ tags: [String: String]) -> JSON {
        .array(tags.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": .string($0.value)] })
    }
}
