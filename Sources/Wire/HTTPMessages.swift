/// An HTTP request as a value, wherever it came from: an event of Lambda's or a connection.
package struct HTTPRequest: Sendable {
    package var method: String
    /// The path as it came, still percent-encoded, without the query.
    package var path: String
    package var headers: HTTPHeaders
    package var body: ArraySlice<UInt8>

    package init(
        method: String,
        path: String,
        headers: HTTPHeaders = HTTPHeaders(),
        body: ArraySlice<UInt8> = []
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
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
