import Wire

/// The parameters of an EC2 request, read by name.
struct Parameters {
    let tree: JSON

    init(_ tree: JSON) { self.tree = tree }

    /// Below a name; empty when it is not there.
    subscript(name: String) -> Parameters { Parameters(tree[name] ?? .null) }

    var list: [Parameters] { tree.arrayValue?.map(Parameters.init) ?? [] }

    func string(_ name: String) -> String? { tree[name]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } }

    /// The texts of a list.
    func strings(_ name: String) -> [String] { tree[name]?.arrayValue?.compactMap(\.stringValue) ?? [] }

    func required(_ name: String) throws(ServiceFailure) -> String {
        guard let value = string(name) else {
            throw ServiceFailure("MissingParameter", "The request must contain the parameter \(name)")
        }
        return value
    }

    func integer(_ name: String, _ range: ClosedRange<Int>) throws(ServiceFailure) -> Int? {
        guard let text = string(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw ServiceFailure(
                "InvalidParameterValue",
                "Value (\(cropped(text, to: 50))) for parameter \(name) is invalid. Expecting \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    /// One of a few words.
    func choice(_ name: String, _ allowed: [String], default fallback: String) throws(ServiceFailure)
        -> String
    {
        let value = string(name) ?? fallback
        guard allowed.contains(value) else {
            throw ServiceFailure(
                "InvalidParameterValue",
                "Value (\(cropped(value, to: 50))) for parameter \(name) is invalid. Expecting \(allowed.joined(separator: ", "))"
            )
        }
        return value
    }

    func time(_ name: String) throws(ServiceFailure) -> WallClock? {
        guard let text = string(name) else { return nil }
        guard let time = WallClock(iso8601: text) else {
            throw ServiceFailure(
                "InvalidParameterValue",
                "Value (\(cropped(text, to: 50))) for parameter \(name) is no time"
            )
        }
        return time
    }
}

/// A part of a list, and the token of the next.
struct Page<Element> {
    let elements: ArraySlice<Element>
    let nextToken: String?

    /// - Parameter token: what the page before gave: where this one begins.
    init(_ elements: [Element], size: Int, token: String?) throws(ServiceFailure) {
        let start = token.map { Int($0.drop { $0 == "n" }) ?? -1 } ?? 0
        guard (0...elements.count).contains(start) else {
            throw ServiceFailure("InvalidNextToken", "The token '\(cropped(token ?? "", to: 50))' is invalid")
        }
        let end = min(elements.count, start + size)
        self.elements = elements[start..<end]
        nextToken = end < elements.count ? "n\(end)" : nil
    }
}
