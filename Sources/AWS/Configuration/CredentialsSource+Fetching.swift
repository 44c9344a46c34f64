import CURL
import Wire

extension CredentialsSource {
    /// What asks this source once.
    func fetcher(_ effects: Effects) -> @Sendable () async -> Result<Credentials, CredentialsError> {
        let name = name
        switch self {
        case .fixed(let credentials, _): return { .success(credentials) }
        case .container(let url, let token):
            return {
                await Self.result { () throws(CredentialsError) in
                    try await Self.container(url, token, name: name, effects)
                }
            }
        case .instance(let endpoint, let timeout, let attemptsMax):
            let metadata = InstanceMetadata(
                endpoint: endpoint,
                timeout: timeout,
                attemptsMax: attemptsMax,
                send: effects.send
            )
            return {
                await Self.result { () throws(CredentialsError) in
                    try await Self.instance(metadata, name: name)
                }
            }
        }
    }

    private static func result(
        _ fetch: () async throws(CredentialsError) -> Credentials
    ) async -> Result<Credentials, CredentialsError> {
        do throws(CredentialsError) { return .success(try await fetch()) } catch { return .failure(error) }
    }

    private static func container(
        _ url: String,
        _ token: ContainerToken?,
        name: String,
        _ effects: Effects
    ) async throws(CredentialsError) -> Credentials {
        var headers = [("Accept", "application/json")]
        switch token {
        case .value(let value): headers.append(("Authorization", value))
        case .file(let path):
            guard let bytes = effects.read(path), !bytes.isEmpty,
                !bytes.contains(where: { $0 == 10 || $0 == 13 })
            else { throw .unreadableToken(path: path) }
            headers.append(("Authorization", String(decoding: bytes, as: UTF8.self)))
        case nil: break
        }
        let request = CURLRequest(
            url: url,
            headers: headers,
            timeout: .seconds(2),
            connectTimeout: .seconds(2),
            responseLimit: 64 * 1024
        )
        let response: CURLResponse
        do throws(CURLError) {
            response = try await send(request, attemptsMax: 3, through: effects.send)
        } catch {
            throw .unreachable(source: name, error)
        }
        guard response.status == 200 else { throw .refused(source: name, reason: "HTTP \(response.status)") }
        return try credentials(in: response.body, name: name)
    }

    private static func instance(
        _ metadata: InstanceMetadata,
        name: String
    ) async throws(CredentialsError) -> Credentials {
        func value(_ path: String) async throws(CredentialsError) -> String? {
            do throws(CURLError) { return try await metadata.value(path) } catch {
                throw .unreachable(source: name, error)
            }
        }
        let path = "iam/security-credentials/"
        guard let role = try await value(path)?.split(whereSeparator: \.isNewline).first else {
            throw .refused(source: name, reason: "the instance has no role; give it an instance profile")
        }
        guard let document = try await value(path + role) else {
            throw .refused(source: name, reason: "it has nothing for the role '\(role)'")
        }
        return try credentials(in: Array(document.utf8), name: name)
    }

    /// Reads the document that both endpoints give.
    private static func credentials(in body: [UInt8], name: String) throws(CredentialsError) -> Credentials {
        guard let document = try? JSON(parsing: body) else {
            throw .refused(source: name, reason: "the answer is not JSON")
        }
        if let code = document["Code"]?.stringValue, code != "Success" {
            throw .refused(source: name, reason: document["Message"]?.stringValue ?? code)
        }
        guard let id = document["AccessKeyId"]?.stringValue,
            let secret = document["SecretAccessKey"]?.stringValue
        else { throw .refused(source: name, reason: "the answer has no keys") }
        return Credentials(
            accessKeyID: id,
            secretAccessKey: secret,
            sessionToken: document["Token"]?.stringValue,
            expiration: document["Expiration"]?.stringValue.flatMap { WallClock(iso8601: $0) }
        )
    }
}
