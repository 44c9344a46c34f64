/// An HTTP request as a value, wherever it came from: an event of Lambda's or a connection.
package struct HTTPRequest: Sendable {
    package var method: String
    /// The path as it came, still percent-encoded, without the query.
    package var path: String
    /// What follows the path's question mark, still percent-encoded; empty without one.
    package var query: String
    package var headers: HTTPHeaders
    package var body: ArraySlice<UInt8>

    package init(
        method: String,
        path: String,
        query: String = "",
        headers: HTTPHeaders = HTTPHeaders(),
        body: ArraySlice<UInt8> = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The first value that the query gives a name, still percent-encoded; nil when it does not have it.
    package func parameter(_ name: String) -> Substring? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts[0] == name { return parts.count > 1 ? parts[1] : "" }
        }
        return nil
    }
}

/// An HTTP answer as a value.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

extension HTTPResponse {
    /// With a header that tells clients who answered: an instance by its id, or `lambda`, the inference function.
    package func served(by server: String) -> HTTPResponse {
        var response = self
        response.headers.append("x-mark-served-by", server)
        return response
    }
}
