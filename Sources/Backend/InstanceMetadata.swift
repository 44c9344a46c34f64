package import CURL
import Synchronization

/// EC2's instance metadata service, version 2: a session token first, then values under it.
package final class InstanceMetadata: Sendable {
    package static let defaultEndpoint = "http://169.254.169.254"

    private let endpoint: String
    private let client: CURLClient
    private let token = Mutex<String?>(nil)

    /// - Parameter endpoint: scheme, host and port.
    package init(endpoint: String = defaultEndpoint, client: CURLClient) {
        self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        self.client = client
    }

    /// The value at a path below `/latest/meta-data/`; nil when there is none (404).
    package func value(_ path: String) async throws(CURLError) -> String? {
        var response = try await get(path, try await currentToken())
        if response.status == 401 {
            // The token has expired.
            token.withLock { $0 = nil }
            response = try await get(path, try await currentToken())
        }
        return response.status == 200 ? String(decoding: response.body, as: UTF8.self) : nil
    }

    private func get(_ path: String, _ token: String) async throws(CURLError) -> CURLResponse {
        try await client.send(
            request("GET", "/latest/meta-data/\(path)", ("x-aws-ec2-metadata-token", token))
        )
    }

    private func currentToken() async throws(CURLError) -> String {
        if let token = token.withLock({ $0 }) { return token }
        let response = try await client.send(
            request("PUT", "/latest/api/token", ("x-aws-ec2-metadata-token-ttl-seconds", "21600"))
        )
        let text = response.status == 200 ? String(decoding: response.body, as: UTF8.self) : ""
        if response.status == 200 { token.withLock { $0 = text } }
        return text
    }

    private func request(_ method: String, _ path: String, _ header: (name: String, value: String))
        -> CURLRequest
    {
        CURLRequest(
            method: method,
            url: endpoint + path,
            headers: [header],
            timeout: .seconds(2),
            connectTimeout: .seconds(1),
            responseLimit: 64 * 1024
        )
    }
}
