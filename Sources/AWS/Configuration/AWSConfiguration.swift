/// How AWS is reached, from the variables and files that every AWS tool reads.
package struct AWSConfiguration: Sendable {
    /// Flags of a command line: they come before everything else.
    package struct Overrides: Sendable {
        package var profile: String?
        package var region: String?
        /// Of every service.
        package var endpoint: String?

        package init(profile: String? = nil, region: String? = nil, endpoint: String? = nil) {
            self.profile = profile
            self.region = region
            self.endpoint = endpoint
        }
    }

    package var region: String
    package var credentials: CredentialsSource
    package var endpoints: EndpointSettings
    /// Requests for one call, the first included.
    package var attemptsMax: Int
    /// A file of certificates to trust instead of the system's.
    package var certificateAuthorities: String?
    package var userAgent: String

    /// - Parameters:
    ///   - product: Name and version for the user agent, `mark/1.0`.
    ///   - instanceRegion: What the instance's metadata says, asked only when this failed with `.noRegion`.
    ///   - read: A file's bytes; nil when there is none.
    package init(
        environment: [String: String],
        overrides: Overrides = Overrides(),
        product: String,
        instanceRegion: String? = nil,
        read: (_ path: String) -> [UInt8]?
    ) throws(InvalidAWSConfiguration) {
        let files = Self.files(environment, read)
        let profileName = overrides.profile ?? environment["AWS_PROFILE"].nonEmpty ?? "default"
        let profile = files.profile(profileName) ?? [:]
        func setting(_ variable: String, _ key: String) -> String? {
            environment[variable].nonEmpty ?? profile[key].nonEmpty
        }
        do {
            credentials = try CredentialsSource(
                environment: environment,
                files: files,
                chosenProfile: overrides.profile
            )
        } catch {
            throw .credentials(error)
        }
        let region =
            overrides.region ?? environment["AWS_REGION"].nonEmpty ?? environment["AWS_DEFAULT_REGION"]
            .nonEmpty
            ?? profile["region"].nonEmpty ?? instanceRegion
        guard let region else { throw .noRegion }
        guard !region.isEmpty, region.utf8.allSatisfy(Self.isHostCharacter) else {
            throw .malformedRegion(region)
        }
        self.region = region
        attemptsMax = try Self.attempts(setting("AWS_MAX_ATTEMPTS", "max_attempts"))
        try Self.checkRetryMode(setting("AWS_RETRY_MODE", "retry_mode"))
        certificateAuthorities = setting("AWS_CA_BUNDLE", "ca_bundle")
        endpoints = try EndpointSettings(
            environment: environment,
            files: files,
            profile: profileName,
            override: overrides.endpoint
        )
        userAgent = Self.userAgent(product, environment, appID: setting("AWS_SDK_UA_APP_ID", "sdk_ua_app_id"))
    }

    private static func files(_ environment: [String: String], _ read: (String) -> [UInt8]?) -> ProfileFiles {
        func text(_ variable: String, _ name: String) -> String? {
            let path = environment[variable].nonEmpty ?? "~/.aws/" + name
            let absolute = path.hasPrefix("~/") ? environment["HOME"].map { $0 + path.dropFirst() } : path
            return absolute.flatMap(read).map { String(decoding: $0, as: UTF8.self) }
        }
        return ProfileFiles(
            credentials: text("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            config: text("AWS_CONFIG_FILE", "config")
        )
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }

    private static func attempts(_ text: String?) throws(InvalidAWSConfiguration) -> Int {
        guard let text else { return 3 }
        guard let count = Int(text), (1...100).contains(count) else { throw .attempts(text) }
        return count
    }

    /// Every known mode is taken, and the standard one is what runs.
    private static func checkRetryMode(_ mode: String?) throws(InvalidAWSConfiguration) {
        guard let mode, !["standard", "legacy", "adaptive"].contains(mode.lowercased()) else { return }
        throw .retryMode(mode)
    }

    private static func userAgent(_ product: String, _ environment: [String: String], appID: String?)
        -> String
    {
        var parts = [product, "lang/swift#6.3", "os/linux"]
        if let kind = environment["AWS_EXECUTION_ENV"].nonEmpty { parts.append("exec-env/\(kind)") }
        if let appID { parts.append("app/\(appID)") }
        return String(
            decoding: parts.joined(separator: " ").utf8.map {
                (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "-")
            },
            as: UTF8.self
        )
    }
}

/// Which endpoint each service has: a configured one, or AWS's own.
package struct EndpointSettings: Equatable, Sendable {
    private var configured: [String: String] = [:]
    private var usesFIPS = false
    private var usesDualStack = false

    private static let services: [Service] = [
        .ec2, .lambda, .cloudWatch, .dynamoDB, .apiGateway, .ssm, .pricing,
    ]

    package init(
        environment: [String: String],
        files: ProfileFiles,
        profile: String,
        override: String? = nil
    ) throws(InvalidAWSConfiguration) {
        func isOn(_ variable: String, _ key: String) -> Bool {
            (environment[variable].nonEmpty ?? files.profile(profile)?[key])?.lowercased() == "true"
        }
        usesFIPS = isOn("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
        usesDualStack = isOn("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
        let isIgnored = isOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")
        for service in Self.services {
            let found =
                override
                ?? (isIgnored
                    ? nil
                    : environment["AWS_ENDPOINT_URL_\(service.endpointVariable)"].nonEmpty
                        ?? environment["AWS_ENDPOINT_URL"].nonEmpty
                        ?? files.endpoint(for: service, in: profile))
            guard let url = found else { continue }
            guard Endpoint(url: url, signingRegion: "") != nil else { throw .endpoint(url) }
            configured[service.endpointVariable] = url
        }
    }

    package func endpoint(of service: Service, region: String) -> Endpoint {
        let signingRegion = service.region(nearest: region)
        return configured[service.endpointVariable].flatMap {
            Endpoint(url: $0, signingRegion: signingRegion)
        }
            ?? Endpoint(service, region: region, usesFIPS: usesFIPS, usesDualStack: usesDualStack)
    }
}

/// Why the environment or a file says nothing usable.
package enum InvalidAWSConfiguration: Error, Equatable, CustomStringConvertible {
    case noRegion
    case malformedRegion(String)
    case endpoint(String)
    case attempts(String)
    case retryMode(String)
    case credentials(CredentialsError)

    package var description: String {
        switch self {
        case .noRegion: "no AWS region is chosen; set AWS_REGION, or `region` in the profile"
        case .malformedRegion(let text):
            "the region '\(text)' must be letters, digits and hyphens, such as us-east-1"
        case .endpoint(let url): "the endpoint '\(url)' must be an http:// or https:// URL without a query"
        case .attempts(let text): "AWS_MAX_ATTEMPTS is '\(text)'; it must be 1 to 100"
        case .retryMode(let text): "AWS_RETRY_MODE is '\(text)'; use standard"
        case .credentials(let error): error.description
        }
    }
}
