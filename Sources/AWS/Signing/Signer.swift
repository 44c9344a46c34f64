package import Wire

/// AWS Signature Version 4 in the `Authorization` header (AWS, "Create a signed AWS API request").
///
/// libcurl's own signer is not used: before 8.14 it signs escaped paths, unsorted queries and a corrected clock wrongly.
package struct Signer: Sendable {
    package let credentials: Credentials
    package let region: String
    /// The service's signing name, `ec2`.
    package let service: String
    /// Whether dot segments and doubled slashes are removed from the signed path, as every service but S3 does.
    package let normalizesPath: Bool

    package init(credentials: Credentials, region: String, service: String, normalizesPath: Bool = true) {
        self.credentials = credentials
        self.region = region
        self.service = service
        self.normalizesPath = normalizesPath
    }

    /// Never signed: what intermediaries and libcurl may add or change on the way.
    private static let unsigned: Set<String> = [
        "accept", "amz-sdk-invocation-id", "amz-sdk-request", "authorization", "connection", "expect",
        "transfer-encoding",
        "user-agent", "x-amzn-trace-id",
    ]

    /// The message with `X-Amz-Date`, `X-Amz-Security-Token` and `Authorization`, and `Host` to be signed but not repeated.
    ///
    /// - Parameters:
    ///   - host: As libcurl sends it: with the port unless that is the scheme's own.
    ///   - keys: Where the day's signing key is kept.
    package func sign(_ message: HTTPMessage, host: String, at time: WallClock, keys: inout SigningKeys)
        -> HTTPMessage
    {
        var signed = message
        signed.headers.append(("X-Amz-Date", time.basic))
        if let token = credentials.sessionToken { signed.headers.append(("X-Amz-Security-Token", token)) }
        let headers = Self.canonicalHeaders(signed.headers + [("Host", host)])
        let scope = scope(at: time)
        let key = keys.key(scope, secret: credentials.secretAccessKey) { derivedKey(at: time) }
        let signature = SHA256.authenticationCode(of: stringToSign(signed, headers, at: time).utf8, key: key)
        signed.headers.append(
            (
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), "
                    + "SignedHeaders=\(headers.map(\.name).joined(separator: ";")), "
                    + "Signature=\(SHA256.hexadecimal(signature))"
            )
        )
        return signed
    }

    /// What is signed, in the form that both sides compute.
    package func canonicalRequest(_ message: HTTPMessage, _ headers: [(name: String, value: String)])
        -> String
    {
        let query = message.query.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        return [
            message.method,
            PercentEncoding.encode(
                normalizesPath ? Self.normalized(message.path) : message.path,
                keepingSlashes: true
            ),
            query.map { $0.0 + "=" + $0.1 }.joined(separator: "&"),
            headers.map { $0.name + ":" + $0.value + "\n" }.joined(),
            headers.map(\.name).joined(separator: ";"),
            SHA256.hexadecimal(SHA256.hash(message.body)),
        ].joined(separator: "\n")
    }

    package func stringToSign(
        _ message: HTTPMessage,
        _ headers: [(name: String, value: String)],
        at time: WallClock
    ) -> String {
        let digest = SHA256.hash(Array(canonicalRequest(message, headers).utf8))
        return "AWS4-HMAC-SHA256\n\(time.basic)\n\(scope(at: time))\n\(SHA256.hexadecimal(digest))"
    }

    private func scope(at time: WallClock) -> String {
        "\(time.basic.prefix(8))/\(region)/\(service)/aws4_request"
    }

    /// The day's key of the service, with which signatures are made and checked.
    package func derivedKey(at time: WallClock) -> [UInt8] {
        [String(time.basic.prefix(8)), region, service, "aws4_request"]
            .reduce(Array("AWS4\(credentials.secretAccessKey)".utf8)) { key, part in
                SHA256.authenticationCode(of: part.utf8, key: key)
            }
    }

    /// Names in lower case and in order, values trimmed and with inner blanks folded, repeated ones merged.
    package static func canonicalHeaders(
        _ headers: [(name: String, value: String)]
    ) -> [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for (name, value) in headers where !unsigned.contains(name.lowercased()) {
            let folded = value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            values[name.lowercased(), default: []].append(folded)
        }
        return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.joined(separator: ",")) }
    }

    /// A path without dot segments and doubled slashes (RFC 3986, section 5.2.4).
    private static func normalized(_ path: String) -> String {
        var kept: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = kept.popLast() } else { kept.append(segment) }
        }
        let joined = kept.map { "/" + $0 }.joined()
        return joined.isEmpty || path.last == "/" ? joined + "/" : joined
    }
}

/// Signing keys by day, region and service: deriving one takes four authentication codes.
package struct SigningKeys: Sendable {
    private struct Name: Hashable { let scope, secret: String }

    private var keys: [Name: [UInt8]] = [:]
    /// A few services times the day before and after midnight.
    private static let countMax = 32

    package init() {}

    mutating func key(_ scope: String, secret: String, derive: () -> [UInt8]) -> [UInt8] {
        let name = Name(scope: scope, secret: secret)
        if let key = keys[name] { return key }
        if keys.count == Self.countMax { keys = [:] }
        let key = derive()
        keys[name] = key
        return key
    }
}

extension WallClock {
    /// Without milliseconds, as EC2 takes times: `2015-08-30T12:36:00Z`.
    var wholeSeconds: String { description.prefix(19) + "Z" }

    /// The form of signatures: `20150830T123600Z`.
    package var basic: String { wholeSeconds.filter { $0 != "-" && $0 != ":" } }
}
