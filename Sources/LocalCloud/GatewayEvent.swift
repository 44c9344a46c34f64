import HTTPTypes
import LambdaRuntime
import Wire

/// A request as API Gateway's HTTP API (payload format 2.0) hands it to a function.
///
/// Source: AWS, "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway".
struct GatewayEvent {
    let request: HTTPTypes.HTTPRequest
    let path: String
    let query: String
    let body: [UInt8]
    let sourceIP: String
    let requestID: String
    let now: WallClock

    /// The event's JSON.
    func encoded() -> [UInt8] {
        var event: [JSON.Member] = [
            .init("version", "2.0"), .init("routeKey", "$default"), .init("rawPath", .string(path)),
            .init("rawQueryString", .string(query)),
        ]
        let cookies = request.headerFields[values: .cookie].flatMap { $0.split(separator: ";") }
        if !cookies.isEmpty {
            event.append(.init("cookies", .array(cookies.map { .string(String($0.trimmingBlanks)) })))
        }
        event.append(.init("headers", .object(headers)))
        if !query.isEmpty { event.append(.init("queryStringParameters", .object(parameters))) }
        event.append(.init("requestContext", context))
        var writer = JSONWriter(capacity: body.count + body.count / 3 + 2048)
        writer.raw(JSON.object(event).encoded().dropLast())
        if !body.isEmpty { appendBody(to: &writer) }
        writer.raw(isText || body.isEmpty ? ",\"isBase64Encoded\":false}" : ",\"isBase64Encoded\":true}")
        return writer.bytes
    }

    private func appendBody(to writer: inout JSONWriter) {
        writer.raw(",\"body\":")
        if isText {
            body.withUnsafeBufferPointer { writer.string($0) }
        } else {
            writer.raw("\"")
            writer.raw(Base64.encode(body))
            writer.raw("\"")
        }
    }

    /// API Gateway passes these types on as text and everything else as Base64.
    private var isText: Bool {
        guard request.headerFields[.contentEncoding] == nil else { return false }
        let type = (request.headerFields[.contentType] ?? "").lowercased()
        let isTextType =
            type.hasPrefix("text/") || type.hasPrefix("application/json")
            || type.hasPrefix("application/javascript") || type.hasPrefix("application/xml")
            || type.hasPrefix("application/x-www-form-urlencoded")
        return isTextType && String(validating: body, as: UTF8.self) != nil
    }

    /// Names in lower case, repeats joined by commas; sorted, as API Gateway does.
    private var headers: [JSON.Member] {
        var values: [String: String] = [
            "x-amzn-trace-id": "Root=1-00000000-\(requestID.suffix(12))000000000000"
        ]
        if let host = request.authority { values["host"] = host }
        for field in request.headerFields where field.name != .cookie {
            values[field.name.canonicalName, default: ""] +=
                (values[field.name.canonicalName] == nil ? "" : ",") + field.value
        }
        return values.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }
    }

    private var parameters: [JSON.Member] {
        var values: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                Self.decoded
            )
            values[parts[0], default: ""] +=
                (values[parts[0]] == nil ? "" : ",") + (parts.count > 1 ? parts[1] : "")
        }
        return values.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var context: JSON {
        let http: JSON = [
            "method": .string(request.method.rawValue), "path": .string(path), "protocol": "HTTP/1.1",
            "sourceIp": .string(sourceIP), "userAgent": .string(request.headerFields[.userAgent] ?? ""),
        ]
        return [
            "accountId": .string(FunctionConfiguration.account), "apiId": "local",
            "domainName": .string(request.authority ?? "localhost"), "domainPrefix": "local", "http": http,
            "requestId": .string(requestID), "routeKey": "$default", "stage": "$default",
            "time": .string(now.description), "timeEpoch": .integer(now.milliseconds),
        ]
    }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring { trimmed(self) }
}
