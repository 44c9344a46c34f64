package import Wire

/// A request to one of AWS's services as it came over the wire.
package struct AWSRequest: Equatable, Sendable {
    package var method: String
    /// Still percent-encoded, without the query.
    package var path: String
    /// Still percent-encoded; empty when there is none.
    package var query: String
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(
        method: String,
        path: String = "/",
        query: String = "",
        headers: HTTPHeaders = HTTPHeaders(),
        body: [UInt8] = []
    ) {
        (self.method, self.path, self.query) = (method, path, query)
        (self.headers, self.body) = (headers, body)
    }

    /// The query's pairs, decoded, in their order.
    package var parameters: [(name: String, value: String)] { Self.pairs(query, plusIsSpace: false) }

    package func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The path's segments, decoded.
    package var segments: [String] {
        path.split(separator: "/").map { QueryText.decoded($0, plusIsSpace: false) }
    }

    /// Pairs of a query or a form; one without `=` has an empty value.
    static func pairs(_ text: some StringProtocol, plusIsSpace: Bool) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                QueryText.decoded(Substring(parts[0]), plusIsSpace: plusIsSpace),
                parts.count > 1 ? QueryText.decoded(Substring(parts[1]), plusIsSpace: plusIsSpace) : ""
            )
        }
    }
}
