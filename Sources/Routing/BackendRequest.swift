package import CURL
import Fleet
package import Wire

/// An inference as it is sent to backends: the client's request as it came, without what is between client and router only.
package struct BackendRequest: Sendable {
    /// With its query.
    private let target: String
    private let headers: [(name: String, value: String)]
    private let body: [UInt8]

    /// Lambda takes no larger answer.
    package static let answerLimit = 6 << 20

    /// Nil for what is no inference.
    package init?(_ request: HTTPRequest) {
        guard request.method == "POST", InferencePath.matches(request.path) else { return nil }
        target = request.path + (request.query.isEmpty ? "" : "?\(request.query)")
        headers = HopHeaders.removed(from: request.headers.fields.map { ($0.name, $0.value) })
        body = Array(request.body)
    }

    package func request(for attempt: Attempt, token: String?) -> CURLRequest {
        let granted = Int((attempt.granted / .milliseconds(1)).rounded(.down))
        var headers = headers
        headers.append(("x-mark-deadline-ms", String(max(granted, 1))))
        if let token { headers.append(("x-mark-token", token)) }
        var request = CURLRequest(
            method: "POST",
            url: attempt.backend.origin + target,
            headers: headers,
            body: body,
            timeout: attempt.share,
            connectTimeout: attempt.connectShare,
            responseLimit: Self.answerLimit
        )
        request.pinnedPublicKey = attempt.backend.pin
        return request
    }
}

/// Header fields that end at this hop.
enum HopHeaders {
    /// RFC 9110, section 7.6.1; what the sender of a message sets itself; and ours, which a client must not be able to forge.
    private static let names: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
        "trailer",
        "trailers", "transfer-encoding", "upgrade", "content-length", "date", "expect", "host",
    ]

    static func removed(from headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var names = names
        for (name, value) in headers where name.lowercased() == "connection" {
            names.formUnion(value.split(separator: ",").map { trimmed($0).lowercased() })
        }
        return headers.filter { header in
            let name = header.name.lowercased()
            return !names.contains(name) && !name.hasPrefix("x-mark-")
        }
    }
}
