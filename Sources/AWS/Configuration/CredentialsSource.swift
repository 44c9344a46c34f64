/// Where credentials come from: the first source that the environment or a profile names.
package enum CredentialsSource: Equatable, Sendable {
    /// Known from the start; the environment's keys of a Lambda function are these.
    case fixed(Credentials, name: String)
    /// The endpoint that ECS, EKS and Lambda's snapshots offer.
    case container(url: String, token: ContainerToken?)
    /// EC2's instance metadata.
    case instance(endpoint: String, timeout: Duration, attemptsMax: Int)

    package enum ContainerToken: Equatable, Sendable {
        case value(String)
        /// Read again each time: it is rotated.
        case file(String)
    }

    /// As messages call it.
    package var name: String {
        switch self {
        case .fixed(_, let name): name
        case .container: "the container's endpoint"
        case .instance: "the instance's metadata"
        }
    }

    /// - Parameters:
    ///   - chosenProfile: The one that a flag names: it comes before the environment's keys.
    package init(
        environment: [String: String],
        files: ProfileFiles,
        chosenProfile: String? = nil
    ) throws(CredentialsError) {
        if chosenProfile == nil, let fixed = try Self.fixed(in: environment) {
            self = fixed
            return
        }
        if let fixed = try Self.fixed(in: files, profile: chosenProfile ?? environment["AWS_PROFILE"]) {
            self = fixed
            return
        }
        if let container = try Self.container(in: environment) {
            self = container
            return
        }
        self = try Self.instance(in: environment)
    }

    // MARK: Keys

    private static func fixed(in environment: [String: String]) throws(CredentialsError) -> CredentialsSource?
    {
        let keys = try pair(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            token: environment["AWS_SESSION_TOKEN"],
            source: "the environment",
            names: ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        )
        if let keys { return .fixed(keys, name: "the environment") }
        guard environment["AWS_WEB_IDENTITY_TOKEN_FILE"] == nil || environment["AWS_ROLE_ARN"] == nil else {
            throw .unsupported(source: "the environment", feature: "AWS_WEB_IDENTITY_TOKEN_FILE")
        }
        return nil
    }

    private static func fixed(
        in files: ProfileFiles,
        profile chosen: String?
    ) throws(CredentialsError) -> CredentialsSource? {
        let name = chosen ?? "default"
        guard let profile = files.profile(name) else {
            guard chosen == nil else { throw .noSuchProfile(name, known: files.names) }
            return nil
        }
        let features = [
            ("sso_session", "SSO (sso_session)"), ("sso_start_url", "SSO (sso_start_url)"),
            ("role_arn", "an assumed role (role_arn)"),
            ("credential_process", "a program (credential_process)"),
            ("web_identity_token_file", "web identity (web_identity_token_file)"),
        ]
        for (key, feature) in features where profile[key] != nil {
            throw .unsupported(source: "the profile '\(name)'", feature: feature)
        }
        let keys = try pair(
            profile["aws_access_key_id"],
            profile["aws_secret_access_key"],
            token: profile["aws_session_token"],
            source: "the profile '\(name)'",
            names: ("aws_access_key_id", "aws_secret_access_key")
        )
        return keys.map { .fixed($0, name: "the profile '\(name)'") }
    }

    private static func pair(
        _ id: String?,
        _ secret: String?,
        token: String?,
        source: String,
        names: (id: String, secret: String)
    ) throws(CredentialsError) -> Credentials? {
        switch (id.nonEmpty, secret.nonEmpty) {
        case (nil, nil): return nil
        case (let id?, let secret?):
            return Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token.nonEmpty)
        case (nil, _): throw .incomplete(source: source, missing: names.id)
        case (_, nil): throw .incomplete(source: source, missing: names.secret)
        }
    }

    // MARK: Endpoints

    private static func container(in environment: [String: String]) throws(CredentialsError)
        -> CredentialsSource?
    {
        let token =
            environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"].nonEmpty.map(ContainerToken.file)
            ?? environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"].nonEmpty.map(ContainerToken.value)
        if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"].nonEmpty {
            return .container(url: "http://169.254.170.2" + path, token: token)
        }
        guard let url = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"].nonEmpty else { return nil }
        let host = url.hasPrefix("http://") ? host(of: url) : ""
        guard url.hasPrefix("https://") || Self.isContainerHost(host) else { throw .endpointNotAllowed(url) }
        return .container(url: url, token: token)
    }

    private static func host(of url: String) -> String {
        let authority = url.dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { return "" }
        if authority.first == "[" { return String(authority.prefix { $0 != "]" } + "]").lowercased() }
        return authority.prefix { $0 != ":" }.lowercased()
    }

    /// Where a plain connection shows the secret to nobody else.
    private static func isContainerHost(_ host: String) -> Bool {
        let known = ["localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]
        let octets = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return known.contains(host) || octets.count == 4 && octets[0] == 127 && !octets.contains(nil)
    }

    private static func instance(in environment: [String: String]) throws(CredentialsError)
        -> CredentialsSource
    {
        // A Lambda function has no such service: asking would only cost its timeout.
        guard environment["AWS_LAMBDA_FUNCTION_NAME"] == nil,
            environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true"
        else { throw .none }
        let isIPv6 = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
        let standard = isIPv6 ? "http://[fd00:ec2::254]" : InstanceMetadata.defaultEndpoint
        return .instance(
            endpoint: environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"].nonEmpty ?? standard,
            timeout: .seconds(environment["AWS_METADATA_SERVICE_TIMEOUT"].flatMap { Double($0) } ?? 1),
            attemptsMax: environment["AWS_METADATA_SERVICE_NUM_ATTEMPTS"].flatMap { Int($0) } ?? 1
        )
    }
}

extension String? {
    /// Nil for what is set to nothing, which means "not set" in an environment.
    var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
