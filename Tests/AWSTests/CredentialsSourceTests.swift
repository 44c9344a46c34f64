import AWS
import CURL
import Testing
import Wire

@Suite struct `credentials come from` {
    private static func source(
        _ environment: [String: String],
        _ profiles: String = "",
        chosen: String? = nil
    ) throws -> CredentialsSource {
        try CredentialsSource(
            environment: environment,
            files: ProfileFiles(credentials: profiles, config: nil),
            chosenProfile: chosen
        )
    }

    private static func fixed(_ id: String, _ name: String, token: String? = nil) -> CredentialsSource {
        .fixed(Credentials(accessKeyID: id, secretAccessKey: "s", sessionToken: token), name: name)
    }

    private static let keys = ["AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "s"]
    private static let profiles = """
        [default]
        aws_access_key_id = D
        aws_secret_access_key = s
        [x]
        aws_access_key_id = X
        aws_secret_access_key = s
        aws_session_token = t
        [empty]
        region = r
        """

    @Test func `the first source that there is`() throws {
        let container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/c"]
        let all = Self.keys.merging(container) { $1 }
        #expect(try Self.source(all, Self.profiles) == Self.fixed("E", "the environment"))
        #expect(
            try Self.source(all, Self.profiles, chosen: "x") == Self.fixed("X", "the profile 'x'", token: "t")
        )
        #expect(try Self.source(container, Self.profiles) == Self.fixed("D", "the profile 'default'"))
        #expect(
            try Self.source(["AWS_PROFILE": "x"], Self.profiles)
                == Self.fixed("X", "the profile 'x'", token: "t")
        )
        #expect(
            try Self.source(container.merging(["AWS_PROFILE": "empty"]) { $1 }, Self.profiles)
                == .container(url: "http://169.254.170.2/v2/c", token: nil)
        )
        #expect(
            try Self.source([:])
                == .instance(endpoint: "http://169.254.169.254", timeout: .seconds(1), attemptsMax: 1)
        )
        let lambda = Self.keys.merging(["AWS_SESSION_TOKEN": "t"]) { $1 }
        #expect(try Self.source(lambda) == Self.fixed("E", "the environment", token: "t"))
    }

    @Test func `the metadata as the environment says`() throws {
        let environment = [
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6", "AWS_METADATA_SERVICE_TIMEOUT": "0.5",
            "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3",
        ]
        #expect(
            try Self.source(environment)
                == .instance(endpoint: "http://[fd00:ec2::254]", timeout: .milliseconds(500), attemptsMax: 3)
        )
    }

    @Test(
        arguments: [
            (
                ["AWS_ACCESS_KEY_ID": "E"], "", nil,
                .incomplete(source: "the environment", missing: "AWS_SECRET_ACCESS_KEY")
            ),
            (
                ["AWS_SECRET_ACCESS_KEY": "s"], profiles, nil,
                .incomplete(source: "the environment", missing: "AWS_ACCESS_KEY_ID")
            ),
            (
                [:], "[default]\naws_access_key_id=A", nil,
                .incomplete(source: "the profile 'default'", missing: "aws_secret_access_key")
            ),
            ([:], profiles, "y", .noSuchProfile("y", known: ["default", "empty", "x"])),
            (["AWS_PROFILE": "y"], "", nil, .noSuchProfile("y", known: [])),
            (
                [:], "[default]\nsso_session=a", nil,
                .unsupported(source: "the profile 'default'", feature: "SSO (sso_session)")
            ),
            (
                [:], "[default]\nrole_arn=a", nil,
                .unsupported(source: "the profile 'default'", feature: "an assumed role (role_arn)")
            ),
            (
                keys, "[p]\ncredential_process=a", "p",
                .unsupported(source: "the profile 'p'", feature: "a program (credential_process)")
            ),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "f", "AWS_ROLE_ARN": "a"], profiles, nil,
                .unsupported(source: "the environment", feature: "AWS_WEB_IDENTITY_TOKEN_FILE")
            ),
            (["AWS_LAMBDA_FUNCTION_NAME": "f"], "", nil, .none),
            (["AWS_EC2_METADATA_DISABLED": "True"], "", nil, .none),
            (
                ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/"], "", nil,
                .endpointNotAllowed("http://example.com/")
            ),
        ] as [([String: String], String, String?, CredentialsError)]
    )
    func `nothing else when a source is broken`(
        environment: [String: String],
        profiles: String,
        chosen: String?,
        error: CredentialsError
    ) {
        #expect(throws: error) { try Self.source(environment, profiles, chosen: chosen) }
    }

    @Test(
        arguments: [
            ("https://anything.example/x", true), ("http://localhost:9001/v1", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:80/", true), ("http://169.254.170.2/x", true), ("http://169.254.170.23/v1", true),
            ("http://[fd00:ec2::23]/v1", true), ("http://169.254.169.254/", false),
            ("http://127.0.0.1.evil.com/", false),
            ("http://localhost@evil.com/", false), ("http://evil.com/#localhost", false),
            ("ftp://localhost/", false),
            ("http://[::2]/", false), ("http://127.0.0.1@evil.com", false), ("http://127.0.1/", false),
        ]
    )
    func `an endpoint only where nobody else listens`(url: String, isAllowed: Bool) {
        let source = try? Self.source(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])
        #expect((source == .container(url: url, token: nil)) == isAllowed)
    }

    // MARK: Asking

    private static let document =
        #"{"Code":"Success","AccessKeyId":"A","SecretAccessKey":"s","Token":"t","Expiration":"2026-11-24T09:14:59Z"}"#
    private static let fetched = Credentials(
        accessKeyID: "A",
        secretAccessKey: "s",
        sessionToken: "t",
        expiration: World.epoch + .seconds(6 * 3600)
    )

    private static let container = CredentialsSource.container(
        url: "http://127.0.0.1:1/c",
        token: .file("/token")
    )

    @Test func `a container's endpoint, with the token of the moment`() async throws {
        let world = World { _, _ in .answer(200, Self.document) }
        world.setFile("/token", "first")
        let provider = CredentialsProvider(Self.container, effects: world.effects)
        #expect(try await provider.credentials() == Self.fetched)
        world.setFile("/token", "second")
        #expect(try await provider.credentials(refused: Self.fetched) == Self.fetched)
        let tokens = world.requests.map { request in
            request.headers.first { $0.name == "Authorization" }?.value
        }
        #expect(tokens == ["first", "second"])
        #expect(world.requests.map(\.timeout) == [.seconds(2), .seconds(2)])
    }

    @Test func `a container's endpoint, asked three times at most`() async throws {
        let recovering = World([
            .answer(500), .failure(.connectionRefused(url: "u")), .answer(200, Self.document),
        ])
        recovering.setFile("/token", "t")
        #expect(
            try await CredentialsProvider(Self.container, effects: recovering.effects).credentials()
                == Self.fetched
        )
        let down = World { _, _ in .answer(503) }
        down.setFile("/token", "t")
        await #expect(
            throws: CredentialsError.refused(source: "the container's endpoint", reason: "HTTP 503")
        ) {
            try await CredentialsProvider(Self.container, effects: down.effects).credentials()
        }
        #expect(down.requests.count == 3)
    }

    @Test(arguments: [nil, "", "a\nb"])
    func `no container whose token cannot be sent`(token: String?) async {
        let world = World([])
        if let token { world.setFile("/token", token) }
        await #expect(throws: CredentialsError.unreadableToken(path: "/token")) {
            try await CredentialsProvider(Self.container, effects: world.effects).credentials()
        }
    }

    private static let instance = CredentialsSource.instance(
        endpoint: "http://m",
        timeout: .seconds(1),
        attemptsMax: 1
    )

    @Test func `the instance's metadata, with a token first`() async throws {
        let world = World([.answer(200, "tok"), .answer(200, "my-role\n"), .answer(200, Self.document)])
        #expect(
            try await CredentialsProvider(Self.instance, effects: world.effects).credentials() == Self.fetched
        )
        #expect(
            world.requests.map { $0.method + " " + $0.url } == [
                "PUT http://m/latest/api/token", "GET http://m/latest/meta-data/iam/security-credentials/",
                "GET http://m/latest/meta-data/iam/security-credentials/my-role",
            ]
        )
        #expect(world.requests.map { $0.headers[0].value } == ["21600", "tok", "tok"])
        #expect(world.requests.allSatisfy { $0.timeout == .seconds(1) })
    }

    @Test func `the instance's metadata, with a new token when the old one is refused`() async throws {
        let world = World([
            .answer(200, "old"), .answer(401), .answer(200, "new"), .answer(200, "role"),
            .answer(200, Self.document),
        ])
        #expect(
            try await CredentialsProvider(Self.instance, effects: world.effects).credentials() == Self.fetched
        )
        #expect(world.requests.map { $0.headers[0].value } == ["21600", "old", "21600", "new", "new"])
    }

    @Test(
        arguments: [
            ([.answer(403)], "no role"), ([.answer(200, "t"), .answer(404)], "no role"),
            ([.answer(200, "t"), .answer(200, "r"), .answer(404)], "nothing for the role 'r'"),
            ([.answer(200, "t"), .answer(200, "r"), .answer(200, "<")], "not JSON"),
            ([.answer(200, "t"), .answer(200, "r"), .answer(200, "{}")], "no keys"),
            (
                [
                    .answer(200, "t"), .answer(200, "r"),
                    .answer(200, #"{"Code":"AssumeRoleUnauthorizedAccess"}"#),
                ], "AssumeRoleUn"
            ),
            ([.failure(.timeout(url: "u", after: .seconds(1)))], "no answer from u"),
        ] as [([Result<CURLResponse, CURLError>], String)]
    )
    func `no metadata that has none`(answers: [Result<CURLResponse, CURLError>], reason: String) async {
        let world = World(answers)
        let error = await #expect(throws: CredentialsError.self) {
            try await CredentialsProvider(Self.instance, effects: world.effects).credentials()
        }
        #expect(error?.description.contains(reason) == true)
        #expect(world.requests.count == answers.count)
    }
}
