package import CURL
import Synchronization

/// EC2's instance metadata service, version 2: a session token first, then values under it; version 1 is never asked.
package final class InstanceMetadata: Sendable {
    package static let defaultEndpoint = "http://169.254.169.254"

    private let endpoint: String
    private let timeout: Duration
    private let attemptsMax: Int
    private let send: Transport
    private let token = Mutex<String?>(nil)

    /// - Parameters:
    ///   - endpoint: scheme, host and port.
    ///   - timeout: the most that one attempt may take.
    package init(
        endpoint: String = defaultEndpoint,
        timeout: Duration = .seconds(1),
        attemptsMax: Int = 1,
        send: @escaping Transport
    ) {
        self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        self.timeout = timeout
        self.attemptsMax = attemptsMax
        self.send = send
    }

    package convenience init(endpoint: String = defaultEndpoint, client: CURLClient) {
        self.init(endpoint: endpoint, timeout: .seconds(2), send: client.transport)
    }

    /// The value at a path below `/latest/meta-data/`; nil when there is none (404), or when the service gives no token.
    package func value(_ path: String) async throws(CURLError) -> String? {
        guard let held = try await currentToken() else { return nil }
        var response = try await get(path, held)
        if response.status == 401 {
            // The token has expired.
            token.withLock { if $0 == held { $0 = nil } }
            guard let fresh = try await currentToken() else { return nil }
            response = try await get(path, fresh)
        }
        return response.status == 200 ? String(decoding: response.body, as: UTF8.self) : nil
    }

    /// The region that the instance is in.
    package func region() async throws(CURLError) -> String? { try await value("placement/region") }

    private func get(_ path: String, _ token: String) async throws(CURLError) -> CURLResponse {
        try await answer(to: "GET", "/latest/meta-data/\(path)", ("x-aws-ec2-metadata-token", token))
    }

    private func currentToken() async throws(CURLError) -> String? {
        if let token = token.withLock({ $0 }) { return token }
        let lifetime = ("x-aws-ec2-metadata-token-ttl-seconds", "21600")
        let response = try await answer(to: "PUT", "/latest/api/token", lifetime)
        guard response.status == 200 else { return nil }
        let text = String(decoding: response.body, as: UTF8.self)
        token.withLock { $0 = text }
        return text
    }

    private func answer(
        to method: String,
        _ path: String,
        _ header: (name: String, value: String)
    ) async throws(CURLError) -> CURLResponse {
        let request = CURLRequest(
            method: method,
            url: endpoint + path,
            headers: [header],
            timeout: timeout,
            connectTimeout: min(timeout, .seconds(1)),
            responseLimit: 64 * 1024
        )
        return try await AWS.send(request, attemptsMax: attemptsMax, through: send)
    }
}
