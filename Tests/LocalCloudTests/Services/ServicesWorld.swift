import AWS
import LocalCloud
import Planning
import Wire

/// The cloud's services with the embedded prices, for tests.
enum ServicesWorld {
    static let noon = WallClock(milliseconds: 1_793_620_800_000)
    static let operator_ = Credentials(
        accessKeyID: "AKIDTEST",
        secretAccessKey: "secret",
        sessionToken: "token"
    )

    static func catalogue() throws -> Catalogue { try Catalogue(PriceList.usEast1()) }

    static func ec2(_ change: (inout EC2Service.Settings) -> Void = { _ in }) throws -> EC2Service {
        var settings = EC2Service.Settings()
        change(&settings)
        return EC2Service(settings, catalogue: try catalogue(), seed: 7)
    }

    static func services() throws -> CloudServices {
        let catalogue = try catalogue()
        return CloudServices(
            principals: [Principal("operator", operator_)],
            ec2: try ec2(),
            functions: functions(),
            gateway: gateway(),
            metrics: MetricStore(delay: .seconds(50)),
            ledger: try Ledger(PriceList.usEast1(), catalogue: catalogue, start: noon)
        )
    }

    static func functions() -> FunctionsService {
        FunctionsService(
            ["mark", "mark-router"].map {
                CloudFunction(name: $0, memory: 1769, timeout: .seconds(30), variables: ["MARK_ROLE": $0])
            },
            accountConcurrency: 100
        )
    }

    static func gateway() -> GatewayService {
        GatewayService(
            [
                .init(id: "inference", uri: CloudFunction.arn("mark") + ":live", description: "i"),
                .init(id: "router", uri: CloudFunction.arn("mark-router"), description: "r"),
            ]
        )
    }

    /// A signed request as a client sends it.
    static func signed(
        _ message: HTTPMessage,
        service: String,
        credentials: Credentials = operator_,
        region: String = FunctionConfiguration.region,
        at time: WallClock = noon
    ) -> AWSRequest {
        let signer = Signer(credentials: credentials, region: region, service: service)
        var keys = SigningKeys()
        let signed = signer.sign(message, host: "127.0.0.1:8080", at: time, keys: &keys)
        return AWSRequest(
            method: signed.method,
            path: signed.path,
            query: PercentEncoding.form(signed.query),
            headers: HTTPHeaders(
                [.init("Host", "127.0.0.1:8080")] + signed.headers.map { .init($0.name, $0.value) }
            ),
            body: signed.body
        )
    }

    /// A signed request of DynamoDB, CloudWatch, SSM or Pricing.
    static func json(
        _ service: Service,
        _ operation: String,
        _ body: JSON,
        credentials: Credentials = operator_
    ) -> AWSRequest {
        guard case .json(let version, let target) = service.dialect else {
            preconditionFailure("\(service.name) speaks no JSON")
        }
        let message = HTTPMessage(
            method: "POST",
            headers: [
                ("X-Amz-Target", "\(target).\(operation)"),
                ("Content-Type", "application/x-amz-json-\(version)"),
            ],
            body: body.encoded()
        )
        return signed(message, service: service.signingName, credentials: credentials)
    }

    /// A signed request of EC2.
    static func form(_ pairs: [(name: String, value: String)], credentials: Credentials = operator_)
        -> AWSRequest
    {
        let message = HTTPMessage(
            method: "POST",
            headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: Array(PercentEncoding.form(pairs).utf8)
        )
        return signed(message, service: "ec2", credentials: credentials)
    }
}

extension CloudServices {
    /// The answer to a request; an invocation is none.
    mutating func answer(_ request: AWSRequest, now: WallClock = ServicesWorld.noon) -> HTTPResponse {
        guard case .answer(let response) = receive(request, now: now, machineTime: ServicesWorld.noon) else {
            return HTTPResponse(status: 0)
        }
        return response
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON? { try? JSON(parsing: body) }
}
