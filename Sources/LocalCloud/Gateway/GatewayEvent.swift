import HTTPTypes
import LambdaRuntime
import Wire

/// A request as API Gateway's HTTP API (payload format 2.0) hands it to a function.
///
/// Source: AWS, "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway".
struct GatewayEvent {
    let request: HTTPTypes.HTTPRequest
    /// As it came; the event's `rawPath` is decoded, because that is what HTTP APIs do for all its name.
    let path: String
    let query: String
    let body: [UInt8]
    let sourceIP: String
    let requestID: String
    let traceID: String
    let now: WallClock
    /// Of API Gateway, or of a function URL.
    var origin = Origin.gateway

    /// What the event came through, which share its format.
    enum Origin {
        case gateway
        case functionURL
    }

    /// The event's JSON.
    func encoded() -> [UInt8] {
        var event: [JSON.Member] = [
            .init("version", "2.0"), .init("routeKey", "$default"),
            .init("rawPath", .string(QueryText.decoded(path[...], plusIsSpace: false))),
            .init("rawQueryString", .string(query)),
        ]
        let cookies = request.headerFields[values: .cookie].flatMap { $0.split(separator: ";") }
        if !cookies.isEmpty {
            event.append(.init("cookies", .array(cookies.map { .string(String(trimmed($0))) })))
        }
        event.append(.init("headers", .object(headers)))
        if !query.isEmpty { event.append(.init("queryStringParameters", .object(parameters))) }
        event.append(.init("requestContext", context))
        var writer = JSONWriter(capacity: body.count + body.count / 3 + 2048)
        writer.raw(JSON.object(event).encoded().dropLast())
        let isBase64 = !body.isEmpty && !isText
        if !body.isEmpty { appendBody(to: &writer, isBase64: isBase64) }
        writer.raw(isBase64 ? ",\"isBase64Encoded\":true}" : ",\"isBase64Encoded\":false}")
        return writer.bytes
    }

    private func appendBody(to writer: inout JSONWriter, isBase64: Bool) {
        writer.raw(",\"body\":")
        if isBase64 {
            writer.raw("\"")
            writer.raw(Base64.encode(body))
            writer.raw("\"")
        } else {
            body.withUnsafeBufferPointer { writer.string($0) }
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

    /// Of one connection, not of the request (RFC 9110, section 7.6.1), or told elsewhere in the event.
    private static let unforwarded = [
        "connection", "cookie", "expect", "keep-alive", "te", "transfer-encoding",
    ]

    /// Names in lower case, repeats joined by commas; sorted, as API Gateway does.
    private var headers: [JSON.Member] {
        var values: [String: String] = ["content-length": String(body.count)]
        if body.isEmpty, request.headerFields[.contentLength] == nil { values = [:] }
        for field in request.headerFields where field.name != .contentLength {
            let name = field.name.canonicalName
            guard !Self.unforwarded.contains(name) else { continue }
            values[name] = values[name].map { "\($0),\(field.value)" } ?? field.value
        }
        if let host { values["host"] = host }
        values["x-amzn-trace-id"] = traceID
        values["x-forwarded-for"] = values["x-forwarded-for"].map { "\($0), \(sourceIP)" } ?? sourceIP
        values["x-forwarded-port"] = request.authority.flatMap(Self.port) ?? "80"
        values["x-forwarded-proto"] = "http"
        return values.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }
    }

    /// A function URL has a host of its own, whatever the local front was called by.
    private var host: String? {
        origin == .functionURL ? "local.lambda-url.\(FunctionConfiguration.region).on.aws" : request.authority
    }

    private static func port(_ authority: String) -> String? {
        guard let colon = authority.lastIndex(of: ":") else { return nil }
        let port = authority[authority.index(after: colon)...]
        return Int(port).map { "\($0)" }
    }

    /// Decoded; the values of a repeated name are joined by commas.
    private var parameters: [JSON.Member] {
        var values: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = QueryText.decoded(parts[0], plusIsSpace: true)
            let value = parts.count > 1 ? QueryText.decoded(parts[1], plusIsSpace: true) : ""
            values[name] = values[name].map { "\($0),\(value)" } ?? value
        }
        return values.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }
    }

    private var context: JSON {
        let http: JSON = [
            "method": .string(request.method.rawValue),
            "path": .string(QueryText.decoded(path[...], plusIsSpace: false)),
            "protocol": "HTTP/1.1", "sourceIp": .string(sourceIP),
            "userAgent": .string(request.headerFields[.userAgent] ?? ""),
        ]
        // Source: AWS, "Invoking Lambda function URLs", request payload; the account of a caller without a signature is unknown.
        let account = origin == .functionURL ? "anonymous" : FunctionConfiguration.account
        return [
            "accountId": .string(account), "apiId": "local",
            "domainName": .string(host ?? "localhost"), "domainPrefix": "local", "http": http,
            "requestId": .string(requestID), "routeKey": "$default", "stage": "$default",
            "time": .string(Self.logTime(now)), "timeEpoch": .integer(now.milliseconds),
        ]
    }

    /// As in access logs: `24/Nov/2026:03:14:59 +0000`.
    private static func logTime(_ time: WallClock) -> String {
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let parts = time.description.split { "-T.".contains($0) }
        let month = Int(parts[1]).map { months[$0 - 1] } ?? ""
        return "\(parts[2])/\(month)/\(parts[0]):\(parts[3]) +0000"
    }
}
