/// A request before it is signed: everything but where it goes.
package struct HTTPMessage: Sendable {
    package var method: String
    /// As it will stand on the wire: every segment percent-encoded.
    package var path: String
    /// Not encoded yet.
    package var query: [(name: String, value: String)]
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        method: String,
        path: String = "/",
        query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The path and the query, encoded once: exactly this is sent.
    package var target: String { query.isEmpty ? path : path + "?" + PercentEncoding.form(query) }
}
