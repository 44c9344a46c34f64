package import Wire

/// The status and headers that precede a streamed body for function URLs and API Gateway.
package struct ResponsePrelude: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var cookies: [String]

    package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), cookies: [String] = []) {
        self.status = status
        self.headers = headers
        self.cookies = cookies
    }

    /// The content type that tells the front to look for a prelude.
    static let contentType: StaticString = "application/vnd.awslambda.http-integration-response"

    /// The prelude as JSON and the eight zero bytes that end it.
    var bytes: [UInt8] {
        let headers = headers.fields.map { JSON.Member($0.name, .string($0.value)) }
        var members: [JSON.Member] = [
            .init("statusCode", .integer(Int64(status))), .init("headers", .object(headers)),
        ]
        if !cookies.isEmpty { members.append(.init("cookies", .array(cookies.map { .string($0) }))) }
        return JSON.object(members).encoded() + [UInt8](repeating: 0, count: 8)
    }
}
