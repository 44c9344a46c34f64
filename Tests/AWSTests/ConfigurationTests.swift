import AWS
import CURL
import TestKit
import Testing
import Wire

@Suite struct `the configuration` {
    private static let keys = [
        "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1",
    ]

    private static func configuration(
        _ environment: [String: String],
        config: String = "",
        credentials: String = "",
        _ overrides: AWSConfiguration.Overrides = .init()
    ) throws -> AWSConfiguration {
        let files = ["/h/.aws/config": config, "/h/.aws/credentials": credentials]
        return try AWSConfiguration(
            environment: ["HOME": "/h"].merging(environment) { $1 },
            overrides: overrides,
            product: "mark/1.0",
            read: { path in files[path].map { Array($0.utf8) } }
        )
    }

    private static func endpoint(_ configuration: AWSConfiguration, _ service: Service) -> String {
        let endpoint = configuration.endpoints.endpoint(of: service, region: configuration.region)
        return endpoint.origin + endpoint.basePath
    }

    // MARK: Regions

    @Test func `the region is the first that is named`() throws {
        var environment = Self.keys
        let config = "[default]\nregion = profile-1\n[profile x]\nregion=profile-2"
        #expect(
            try Self.configuration(environment, config: config, .init(region: "flag-1")).region == "flag-1"
        )
        environment["AWS_DEFAULT_REGION"] = "default-1"
        #expect(try Self.configuration(environment, config: config).region == "eu-west-1")
        environment["AWS_REGION"] = ""
        #expect(try Self.configuration(environment, config: config).region == "default-1")
        environment["AWS_DEFAULT_REGION"] = nil
        #expect(try Self.configuration(environment, config: config).region == "profile-1")
        environment["AWS_PROFILE"] = "x"
        #expect(try Self.configuration(environment, config: config).region == "profile-2")
    }

    @Test(
        arguments: [
            (["AWS_REGION": ""], .noRegion),
            (["AWS_REGION": "us-east-1/evil"], .malformedRegion("us-east-1/evil")),
            (["AWS_MAX_ATTEMPTS": "0"], .attempts("0")), (["AWS_MAX_ATTEMPTS": "x"], .attempts("x")),
            (["AWS_RETRY_MODE": "never"], .retryMode("never")),
            (["AWS_ENDPOINT_URL": "localhost:1"], .endpoint("localhost:1")),
            (["AWS_ENDPOINT_URL_SSM": "http://u@h"], .endpoint("http://u@h")),
            (["AWS_ENDPOINT_URL": "http://"], .endpoint("http://")),
            (
                ["AWS_SECRET_ACCESS_KEY": ""],
                .credentials(.incomplete(source: "the environment", missing: "AWS_SECRET_ACCESS_KEY"))
            ),
        ] as [([String: String], InvalidAWSConfiguration)]
    )
    func `what says nothing usable is named with its remedy`(
        environment: [String: String],
        error: InvalidAWSConfiguration
    ) {
        #expect(throws: error) { try Self.configuration(Self.keys.merging(environment) { $1 }) }
        let remedies = ["set", "must be", "use standard"]
        #expect(remedies.contains { error.description.contains($0) })
    }

    // MARK: Endpoints

    private static let endpoints: [JSON] = {
        let text = (try? Fixtures.text("AWSTests/Fixtures/endpoints.json")) ?? ""
        return (try? JSON(parsing: Array(text.utf8)))?["endpoints"]?.arrayValue ?? []
    }()

    private static let services: [Service] = [
        .ec2, .lambda, .cloudWatch, .dynamoDB, .apiGateway, .ssm, .pricing,
    ]

    @Test func `AWS's endpoints are botocore's`() throws {
        #expect(Self.endpoints.count == 112)
        for row in Self.endpoints {
            let service = try #require(Self.services.first { $0.name == row[0]?.stringValue })
            let region = try #require(row[1]?.stringValue)
            // Where a service is not, the nearest region has it.
            guard service.region(nearest: region) == region else { continue }
            let environment = [
                "AWS_REGION": region, "AWS_USE_FIPS_ENDPOINT": row[2]?.boolValue == true ? "true" : "false",
                "AWS_USE_DUALSTACK_ENDPOINT": row[3]?.boolValue == true ? "true" : "false",
            ]
            let configuration = try Self.configuration(Self.keys.merging(environment) { $1 })
            let endpoint = configuration.endpoints.endpoint(of: service, region: region)
            #expect(endpoint.origin == "https://" + (row[4]?.stringValue ?? ""))
            #expect(endpoint.signingRegion == row[5]?.stringValue)
        }
    }

    @Test(
        arguments: [
            ("us-west-2", "us-east-1"), ("eu-west-1", "eu-central-1"), ("ap-northeast-1", "ap-south-1"),
            ("sa-east-1", "us-east-1"),
            ("cn-north-1", "cn-northwest-1"), ("ap-south-1", "ap-south-1"),
        ]
    )
    func `prices are asked where they are known`(region: String, asked: String) {
        #expect(Service.pricing.region(nearest: region) == asked)
        #expect(Service.ec2.region(nearest: region) == region)
    }

    private static let config = """
        [default]
        endpoint_url = http://profile
        services = local
        [services local]
        ec2 =
          endpoint_url = http://profile-ec2:81/base/
        """

    @Test func `the endpoint is the first that is configured`() throws {
        var environment = Self.keys
        #expect(
            try Self.endpoint(Self.configuration(environment), .ec2) == "https://ec2.eu-west-1.amazonaws.com"
        )
        let profile = try Self.configuration(environment, config: Self.config)
        #expect(Self.endpoint(profile, .ec2) == "http://profile-ec2:81/base")
        #expect(Self.endpoint(profile, .ssm) == "http://profile")
        environment["AWS_ENDPOINT_URL"] = "HTTP://All:80/"
        let all = try Self.configuration(environment, config: Self.config)
        #expect(Self.endpoint(all, .ec2) == "http://all")
        environment["AWS_ENDPOINT_URL_EC2"] = "https://one:443"
        let one = try Self.configuration(environment, config: Self.config)
        #expect(Self.endpoint(one, .ec2) == "https://one")
        #expect(Self.endpoint(one, .ssm) == "http://all")
        #expect(
            try Self.endpoint(Self.configuration(environment, .init(endpoint: "http://flag")), .ec2)
                == "http://flag"
        )
        environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true"
        let ignored = try Self.configuration(environment, config: Self.config)
        #expect(Self.endpoint(ignored, .ec2) == "https://ec2.eu-west-1.amazonaws.com")
        #expect(ignored.endpoints.endpoint(of: .ec2, region: "eu-west-1").signingRegion == "eu-west-1")
    }

    @Test func `a base path is part of what is signed and sent`() async throws {
        let world = World([.answer(200, #"{"items":[]}"#)])
        _ = try await world.client(["AWS_ENDPOINT_URL": "http://h:8080/base"]).send(APIGateway.getRoutes("a"))
        #expect(world.requests.first?.url == "http://h:8080/base/v2/apis/a/routes")
        let signer = Signer(
            credentials: Credentials(
                accessKeyID: "AKIDEXAMPLE",
                secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                sessionToken: "token+/="
            ),
            region: "eu-central-1",
            service: "apigateway"
        )
        var keys = SigningKeys()
        let signed = signer.sign(
            HTTPMessage(method: "GET", path: "/base/v2/apis/a/routes"),
            host: "h:8080",
            at: World.epoch,
            keys: &keys
        )
        let authorization = world.requests.first?.headers.first { $0.name == "Authorization" }?.value
        #expect(authorization == signed.headers.last?.value)
    }

    // MARK: The rest

    @Test func `the user agent says who asks, in printable ASCII`() throws {
        #expect(try Self.configuration(Self.keys).userAgent == "mark/1.0 lang/swift#6.3 os/linux")
        let environment = ["AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023", "AWS_SDK_UA_APP_ID": "a\nb"]
        let agent = try Self.configuration(Self.keys.merging(environment) { $1 }).userAgent
        #expect(agent == "mark/1.0 lang/swift#6.3 os/linux exec-env/AWS_Lambda_provided.al2023 app/a-b")
    }

    @Test func `attempts and certificates may be set in the profile`() async throws {
        let configuration = try Self.configuration(
            Self.keys,
            config: "[default]\nmax_attempts = 5\nca_bundle = /c.pem"
        )
        #expect(configuration.attemptsMax == 5)
        #expect(configuration.certificateAuthorities == "/c.pem")
        let world = World([.answer(200, "{}")])
        _ = try await world.client(["AWS_CA_BUNDLE": "/d.pem"]).send(DynamoDB.getItem("t", key: [:]))
        #expect(world.requests.first?.certificateAuthorities == "/d.pem")
    }

    @Test func `profile files may lie elsewhere`() throws {
        let files = [
            "/h/c": "[default]\nregion = r-1",
            "/k": "[default]\naws_access_key_id=A\naws_secret_access_key=s",
        ]
        let configuration = try AWSConfiguration(
            environment: ["HOME": "/h", "AWS_CONFIG_FILE": "~/c", "AWS_SHARED_CREDENTIALS_FILE": "/k"],
            product: "p",
            read: { path in files[path].map { Array($0.utf8) } }
        )
        #expect(configuration.region == "r-1")
        #expect(configuration.credentials.name == "the profile 'default'")
    }

    @Test func `profile files are read as AWS's tools write them`() {
        let files = ProfileFiles(
            credentials:
                "[default]\naws_access_key_id=A\n\n# c\n[ two words ]\nx=1\n[b]\n aws_access_key_id = orphan\nKey = v # c\r\n",
            config:
                "stray = 1\n[profile   b]\nkey = config\nother = o;x ;c\n[a]\nx = not a profile\n[profile 'q']\n[default"
        )
        #expect(files.names == ["'q'", "b", "default", "two words"])
        #expect(files.profile("default") == ["aws_access_key_id": "A"])
        #expect(files.profile("b")?["key"] == "v")
        #expect(files.profile("b")?["other"] == "o;x")
        #expect(files.profile("b")?["aws_access_key_id"] == nil)
    }
}
