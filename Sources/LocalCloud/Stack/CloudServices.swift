import AWS
import Planning
package import Wire

/// The small AWS of one stack as one synchronous value: requests and time go in, answers and what is to be done come out.
package struct CloudServices: Sendable {
    /// What is to become of a request.
    package enum Outcome: Sendable {
        case answer(HTTPResponse)
        /// Lambda's Invoke of a function: the shell runs it.
        case invoke(function: String)
    }

    /// What the shell is to do.
    package enum Action: Equatable, Sendable {
        case ec2(EC2Service.Action)
        /// Keep so many environments of a function ready.
        case provision(function: String, Int)
        /// Hold a function to so many environments; nil takes the limit away.
        case limit(function: String, Int?)
    }

    private let verifier: SignatureVerifier
    package var database = DynamoDBService()
    package var ec2: EC2Service
    package var functions: FunctionsService
    package var gateway: GatewayService
    package var metrics: MetricStore
    package var ledger: Ledger
    private var parameters = ParametersService()
    private let pricing: PricingService
    private var requestCount = 0
    private var actions: [Action] = []
    /// Until when (the machine's time) a service, by its signing name, answers nothing but 503.
    package var outages: [String: WallClock] = [:]

    package init(
        principals: [Principal],
        ec2: EC2Service,
        functions: FunctionsService,
        gateway: GatewayService,
        metrics: MetricStore,
        ledger: Ledger
    ) {
        verifier = SignatureVerifier(principals, region: FunctionConfiguration.region)
        (self.ec2, self.functions, self.gateway) = (ec2, functions, gateway)
        (self.metrics, self.ledger) = (metrics, ledger)
        pricing = PricingService(catalogue: ec2.catalogue)
    }

    // MARK: Requests

    /// - Parameters:
    ///   - now: the cloud's time.
    ///   - machineTime: for what processes compare with their own clocks: signatures, and the life of a table's items.
    package mutating func receive(_ request: AWSRequest, now: WallClock, machineTime: WallClock) -> Outcome {
        advance(now: now)
        requestCount += 1
        let requestID = RequestID.text(requestCount)
        let service = request.headers["authorization"].flatMap { try? Authorization($0) }?.service
        let form = service.flatMap(WireForm.init(signingName:)) ?? Self.guessedForm(request)
        do throws(ServiceFailure) {
            _ = try verifier.verify(request, now: machineTime)
            guard let service, WireForm(signingName: service) != nil else {
                throw ServiceFailure(
                    "UnknownService",
                    "this cloud has no service '\(cropped(service ?? "", to: 40))'; "
                        + "it has ec2, dynamodb, monitoring, ssm, pricing, lambda and apigateway"
                )
            }
            if let until = outages[service], until > machineTime {
                throw ServiceFailure(
                    "ServiceUnavailable",
                    "the service is unavailable, as was asked for",
                    status: 503
                )
            }
            if service == "lambda", let function = try invokedFunction(request) {
                return .invoke(function: function)
            }
            let (operation, result, status) = try perform(service, form, request, now, machineTime)
            return .answer(form.answer(operation, result, status: status, requestID: requestID))
        } catch {
            return .answer(form.failure(error, requestID: requestID))
        }
    }

    private static func guessedForm(_ request: AWSRequest) -> WireForm {
        let target = request.headers["x-amz-target"]?.split(separator: ".").first
        for name in ["dynamodb", "monitoring", "ssm", "pricing"] {
            if let form = WireForm(signingName: name), case .json(_, let prefix, _) = form,
                target.map({ $0 == prefix }) ?? false
            {
                return form
            }
        }
        // Every service with a target takes errors in this form.
        if target != nil { return .json(version: "1.1", target: "", prefix: "") }
        let isForm = request.headers["content-type"]?.hasPrefix("application/x-www-form-urlencoded") ?? false
        return isForm ? .query(namespace: "") : .rest
    }

    private func invokedFunction(_ request: AWSRequest) throws(ServiceFailure) -> String? {
        let segments = request.segments
        guard request.method == "POST", segments.count == 4, segments[0] == "2015-03-31",
            segments[1] == "functions",
            segments[3] == "invocations"
        else { return nil }
        return try functions.function(segments[2]).name
    }

    private mutating func perform(
        _ service: String,
        _ form: WireForm,
        _ request: AWSRequest,
        _ now: WallClock,
        _ machineTime: WallClock
    ) throws(ServiceFailure) -> (operation: String, result: JSON, status: Int) {
        switch form {
        case .query:
            let tree = try FormTree.read(request.body)
            guard let operation = tree["Action"]?.stringValue else {
                throw ServiceFailure("MissingAction", "The request must contain the parameter Action")
            }
            let result = try ec2.answer(operation, tree, now: now)
            collect()
            return (operation, result, 200)
        case .json(_, let target, _):
            let operation = try Self.operation(request, target)
            return (
                operation, try answerJSON(service, operation, try Self.body(request), now, machineTime), 200
            )
        case .rest where service == "apigateway":
            if let route = try gateway.update(request) { return ("UpdateRoute", route, 200) }
            let answer = try gateway.answer(request)
            return (answer.operation, answer.result, 200)
        case .rest:
            let before = functions.functions
            let answer = try functions.answer(request, now: now)
            for (name, function) in functions.functions.sorted(by: { $0.key < $1.key }) {
                if function.provisioned != before[name]?.provisioned {
                    actions.append(.provision(function: name, function.provisioned?.requested ?? 0))
                }
                if function.reserved != before[name]?.reserved {
                    actions.append(.limit(function: name, function.reserved))
                }
            }
            return (answer.operation, answer.result, answer.status)
        }
    }

    private mutating func answerJSON(
        _ service: String,
        _ operation: String,
        _ request: JSON,
        _ now: WallClock,
        _ machineTime: WallClock
    ) throws(ServiceFailure) -> JSON {
        switch service {
        case "dynamodb": try database.answer(operation, request, now: machineTime)
        case "monitoring": try metrics.answer(operation, request, now: now)
        case "ssm": try parameters.answer(operation, request)
        default: try pricing.answer(operation, request)
        }
    }

    private static func operation(_ request: AWSRequest, _ target: String) throws(ServiceFailure) -> String {
        let parts = (request.headers["x-amz-target"] ?? "").split(separator: ".", maxSplits: 1)
        guard parts.count == 2, parts[0] == target else {
            throw ServiceFailure(
                "UnknownOperationException",
                "X-Amz-Target must be \(target). and an operation"
            )
        }
        return String(parts[1])
    }

    private static func body(_ request: AWSRequest) throws(ServiceFailure) -> JSON {
        guard let body = try? JSON(parsing: request.body), body.objectValue != nil else {
            throw ServiceFailure("SerializationException", "the body is no JSON object")
        }
        return body
    }

    // MARK: Time

    /// Time has passed.
    package mutating func advance(now: WallClock) {
        let before = ec2.instances
        ec2.advance(now: now)
        for (id, instance) in before where ec2.instances[id] == nil {
            ledger.forget(instance, cost: instance.cost(at: now, ec2.market))
        }
        ledger.accrue(Array(functions.functions.values), now: now)
        collect()
    }

    /// An instance's program is gone.
    package mutating func exited(_ instance: String, now: WallClock) {
        ec2.exited(instance, now: now)
        collect()
    }

    private mutating func collect() { actions += ec2.takeActions().map { .ec2($0) } }

    /// Hands out what is to be done, once.
    package mutating func takeActions() -> [Action] {
        collect()
        defer { actions = [] }
        return actions
    }
}
