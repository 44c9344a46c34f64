import AWS
package import Wire

/// Checks requests as AWS does: the key is known, the time is now, what must be signed is, and the signature is right.
///
/// Source: AWS, "Create a signed AWS API request" and "Troubleshoot Signature Version 4 signing for AWS API requests". Each service
/// words a refusal in its own way; clients tell them apart by the code.
package struct SignatureVerifier: Sendable {
    private let principals: [String: Principal]
    private let region: String
    /// How far a request's clock may be off.
    private static let skewMax: Int64 = 5 * 60 * 1000

    package init(_ principals: [Principal], region: String) {
        self.principals = Dictionary(principals.map { ($0.credentials.accessKeyID, $0) }) { first, _ in first
        }
        self.region = region
    }

    /// Whose request it is.
    ///
    /// - Parameter now: the machine's clock, by which clients sign.
    package func verify(_ request: AWSRequest, now: WallClock) throws(ServiceFailure) -> Principal {
        guard let header = request.headers["authorization"] else { throw Self.missing(request) }
        let authorization = try Authorization(header)
        let refusal = Refusals(service: authorization.service)
        guard let principal = principals[authorization.accessKeyID],
            request.headers["x-amz-security-token"] == principal.credentials.sessionToken
        else { throw refusal.unknownKey }
        guard authorization.region == region else {
            throw refusal.wrong(
                "Credential should be scoped to a valid region: '\(region)', not '\(authorization.region)'."
            )
        }
        let time = try signedTime(request, authorization, refusal)
        guard abs(time - now) <= Self.skewMax else { throw refusal.skewed(time, now) }
        let headers = try signedHeaders(request, authorization, refusal)
        let signer = Signer(
            credentials: principal.credentials,
            region: authorization.region,
            service: authorization.service
        )
        let message = HTTPMessage(
            method: request.method,
            path: request.path,
            query: request.parameters,
            body: request.body
        )
        let text = signer.stringToSign(message, headers, at: time)
        let code = SHA256.authenticationCode(of: text.utf8, key: signer.derivedKey(at: time))
        guard Self.equal(SHA256.hexadecimal(code), authorization.signature) else { throw refusal.mismatch }
        return principal
    }

    private func signedTime(
        _ request: AWSRequest,
        _ authorization: Authorization,
        _ refusal: Refusals
    ) throws(ServiceFailure) -> WallClock {
        guard let text = request.headers["x-amz-date"], let time = WallClock(basic: text) else {
            throw ServiceFailure(
                "IncompleteSignature",
                "Authorization header requires existence of an 'X-Amz-Date' header of the form 20150830T123600Z.",
                status: 403
            )
        }
        guard text.hasPrefix(authorization.day) else {
            throw refusal.wrong(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                    + "'\(authorization.day)' != '\(text.prefix(8))'."
            )
        }
        return time
    }

    /// The signed headers in the form that both sides compute; every one that matters must be among them.
    private func signedHeaders(
        _ request: AWSRequest,
        _ authorization: Authorization,
        _ refusal: Refusals
    ) throws(ServiceFailure) -> [(name: String, value: String)] {
        let names = authorization.signedHeaders
        guard names == Set(names).sorted() else {
            throw refusal.wrong(
                "SignedHeaders must be in order and each once: \(names.joined(separator: ";"))"
            )
        }
        let present = Set(request.headers.fields.map { $0.name.lowercased() })
        let needed = ["host"] + present.filter { $0.hasPrefix("x-amz-") || $0 == "content-type" }.sorted()
        for name in needed where !names.contains(name) {
            throw refusal.wrong("'\(name)' must be a 'SignedHeader' in the AWS Authorization.")
        }
        var headers: [(name: String, value: String)] = []
        for name in names {
            let values = request.headers.fields.filter { $0.name.lowercased() == name }.map(\.value)
            guard !values.isEmpty else {
                throw refusal.wrong("the signed header '\(name)' is not in the request.")
            }
            let folded = values.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
            headers.append((name, folded.joined(separator: ",")))
        }
        return headers
    }

    private static func missing(_ request: AWSRequest) -> ServiceFailure {
        request.headers["x-amz-target"] == nil
            ? ServiceFailure(
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
                status: 403
            )
            : ServiceFailure(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
                status: 403
            )
    }

    /// In a time that does not depend on where they differ.
    private static func equal(_ one: String, _ other: String) -> Bool {
        guard one.utf8.count == other.utf8.count else { return false }
        return zip(one.utf8, other.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// The words in which a service refuses a signature.
private struct Refusals {
    let service: String

    /// DynamoDB answers 400 where others answer 403.
    private var status: Int { service == "dynamodb" ? 400 : 403 }

    var unknownKey: ServiceFailure {
        service == "ec2"
            ? authFailure
            : ServiceFailure(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
                status: status
            )
    }

    var mismatch: ServiceFailure {
        service == "ec2"
            ? authFailure
            : wrong(
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
            )
    }

    private var authFailure: ServiceFailure {
        ServiceFailure(
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
            status: 401
        )
    }

    func wrong(_ message: String) -> ServiceFailure {
        service == "ec2"
            ? ServiceFailure("SignatureDoesNotMatch", message, status: 403)
            : ServiceFailure("InvalidSignatureException", message, status: status)
    }

    func skewed(_ time: WallClock, _ now: WallClock) -> ServiceFailure {
        guard service != "ec2" else {
            return ServiceFailure(
                "RequestExpired",
                "Request has expired. Timestamp date is \(time.iso8601Seconds)"
            )
        }
        return wrong(
            time < now
                ? "Signature expired: \(time.basic) is now earlier than \((now + .seconds(-300)).basic) (\(now.basic) - 5 min.)"
                : "Signature not yet current: \(time.basic) is still later than \((now + .seconds(300)).basic) (\(now.basic) + 5 min.)"
        )
    }
}

extension WallClock {
    /// Reads the form of signatures, `20150830T123600Z`.
    init?(basic text: String) {
        guard text.utf8.count == 16 else { return nil }
        var iso = ""
        for (position, character) in text.enumerated() {
            if [4, 6].contains(position) { iso += "-" }
            if [11, 13].contains(position) { iso += ":" }
            iso.append(character)
        }
        self.init(iso8601: iso)
    }

    /// Without milliseconds: `2015-08-30T12:36:00Z`.
    var iso8601Seconds: String { description.prefix(19) + "Z" }
}
