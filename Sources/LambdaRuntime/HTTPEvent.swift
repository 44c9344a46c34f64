package import Wire

/// A request in one of the shapes in which AWS hands HTTP to functions, and what its answer must look like.
package struct HTTPEvent: Sendable {
    package enum Origin: Equatable, Sendable {
        /// API Gateway HTTP API, payload format 2.0, and function URLs, which use the same.
        case httpAPI
        /// API Gateway REST API, or an HTTP API with payload format 1.0.
        case restAPI
        /// Application Load Balancer; its target group decides about the form of headers, in both directions.
        case loadBalancer(multiValueHeaders: Bool)
    }

    package let origin: Origin
    /// The request, or why its body cannot be one: the sender's mistake, which deserves an answer.
    package let request: Result<HTTPRequest, Base64.Malformed>

    /// The event that is this request's answer, with a body of text where it is text and Base64 where it is not.
    package func encode(_ response: HTTPResponse) -> [UInt8] {
        var writer = JSONWriter(capacity: response.body.count + response.body.count / 3 + 512)
        writer.raw("{\"statusCode\":")
        writer.integer(response.status)
        if case .loadBalancer = origin {
            writer.raw(",\"statusDescription\":")
            writer.string("\(response.status) \(HTTPStatus.reason(response.status))")
        }
        encode(response.headers, to: &writer)
        if response.isText {
            writer.raw(",\"isBase64Encoded\":false,\"body\":")
            response.body.withUnsafeBufferPointer { writer.string($0) }
        } else {
            writer.raw(",\"isBase64Encoded\":true,\"body\":\"")
            writer.raw(Base64.encode(response.body))
            writer.raw("\"")
        }
        writer.raw("}")
        return writer.bytes
    }

    private func encode(_ headers: HTTPHeaders, to writer: inout JSONWriter) {
        let isMultiValue = origin == .loadBalancer(multiValueHeaders: true)
        writer.raw(isMultiValue ? ",\"multiValueHeaders\":{" : ",\"headers\":{")
        writer.list(headers.fields) { writer, field in
            writer.string(field.name)
            writer.raw(isMultiValue ? ":[" : ":")
            writer.string(field.value)
            if isMultiValue { writer.raw("]") }
        }
        writer.raw("}")
    }
}

extension HTTPResponse {
    /// Whether the body is UTF-8 text: JSON that no coding was applied to.
    fileprivate var isText: Bool {
        headers["content-encoding"] == nil
            && (headers["content-type"].map { $0.hasPrefix("application/json") || $0.hasPrefix("text/") }
                ?? true)
    }
}
