package import ONNX
package import Wire

/// The Open Inference Protocol (version 2) as a function from requests to answers, for events of Lambda's and
/// connections alike.
///
/// Source: KServe, "Open Inference Protocol", with Triton's binary tensor, classification and model repository
/// extensions. Any number of threads may call it at once. Every error is an answer with `{"error": "<text>"}`.
package struct InferenceService: Sendable {
    package struct Limits: Equatable, Sendable {
        /// Bytes that a compressed body may inflate to.
        package var inflatedBody = 64 * 1024 * 1024
        /// Answers from this size on are compressed for callers that accept it.
        package var compressedAnswerMin = 1024
        /// Whether callers may load and unload models.
        package var allowsModelControl = false

        package init() {}
    }

    static let serverName = "mark"
    package static let serverVersion = "0.1.0"
    static let extensions = ["binary_tensor_data", "classification", "model_repository"]

    private let limits: Limits
    let report: (@Sendable (Model) -> DispatchReport?)?
    /// Waits until the repository is open.
    package let repository: @Sendable () throws(ServingError) -> ModelRepository

    /// - Parameters:
    ///   - report: how a model's dispatcher is doing; nil where there are no dispatchers.
    ///   - repository: waits until the repository is open; called by everything but the liveness check, so that this
    ///     answers while the engine still starts.
    package init(
        limits: Limits = Limits(),
        report: (@Sendable (Model) -> DispatchReport?)? = nil,
        repository: @escaping @Sendable () throws(ServingError) -> ModelRepository
    ) {
        self.limits = limits
        self.report = report
        self.repository = repository
    }

    /// Answers a request, with the engine's work done on this thread.
    package func respond(to request: HTTPRequest) -> HTTPResponse {
        switch begin(request) {
        case .answer(let response): response
        case .inference(let inference): respond(to: inference)
        }
    }

    /// Runs a request by itself, on this thread.
    package func respond(to inference: PreparedInference) -> HTTPResponse {
        answer(inference, run(inference))
    }

    /// What a request comes to before the engine is asked.
    package enum Step: Sendable {
        case answer(HTTPResponse)
        /// To be run, and then answered by `answer(_:_:)`.
        case inference(PreparedInference)
    }

    /// Reads and checks a request.
    ///
    /// - Parameter refuse: asked before an inference's body is read, which may take longer than the refusal of it.
    package func begin(_ request: HTTPRequest, refuse: (Model) -> HTTPResponse? = { _ in nil }) -> Step {
        do throws(ServingError) {
            switch try step(request, refuse) {
            case .answer(let response): return .answer(compressed(response, Self.coding(request)))
            case .inference(let inference): return .inference(inference)
            }
        } catch {
            var response = Self.failure(error)
            if error.status == 405, let route = Route(path: request.path) {
                // Required with this status (RFC 9110, section 15.5.6).
                response.headers.append("allow", route.method == "GET" ? "GET, HEAD" : route.method)
            }
            return .answer(response)
        }
    }

    /// The answer for an error.
    package static func failure(_ error: ServingError) -> HTTPResponse {
        json(JSON.object([.init("error", .string(error.description))]).encoded(), status: error.status)
    }

    private func step(
        _ request: HTTPRequest,
        _ refuse: (Model) -> HTTPResponse?
    ) throws(ServingError) -> Step {
        guard let route = Route(path: request.path) else {
            throw .notFound("no such path: \(request.path); the Open Inference Protocol lies under /v2")
        }
        guard request.method == route.method || (route.method == "GET" && request.method == "HEAD") else {
            throw ServingError(status: 405, "\(request.path) takes \(route.method), not \(request.method)")
        }
        guard case .infer(let name, let version) = route else {
            return .answer(Self.json(try describe(route)?.encoded() ?? []))
        }
        let model = try repository().model(name, version: version)
        if let refusal = refuse(model) { return .answer(refusal) }
        let body = try RequestBody(request, inflatedMax: limits.inflatedBody)
        return .inference(try prepare(body, model, Self.coding(request)))
    }

    /// The answer to everything but inference; nil for an empty one.
    private func describe(_ route: Route) throws(ServingError) -> JSON? {
        switch route {
        case .live, .infer: return nil
        case .ready: try checkReady()
        case .server: return serverMetadata
        case .index: return try index()
        case .model(let name, let version): return try metadata(name, version)
        case .modelReady(let name, let version):
            _ = try repository().model(name, version: version).session()
        case .configuration(let name, let version): return try configuration(name, version)
        case .statistics(let name, let version): return try statistics(name, version)
        case .load(let name):
            try checkModelControl()
            try repository().load(name)
        case .unload(let name):
            try checkModelControl()
            try repository().unload(name)
        }
        return nil
    }

    private func checkModelControl() throws(ServingError) {
        guard limits.allowsModelControl else {
            throw ServingError(
                status: 403,
                "models cannot be loaded or unloaded here; start `mark serve` with --model-control"
            )
        }
    }

    // MARK: Inference

    private func prepare(
        _ body: RequestBody,
        _ model: Model,
        _ coding: ContentCoding?
    ) throws(ServingError) -> PreparedInference {
        let session = try model.session()
        let request = try body.inferenceRequest(inputs: session.inputs, outputs: session.outputs)
        return PreparedInference(model: model, session: session, request: request, coding: coding)
    }

    private func run(_ inference: PreparedInference) -> Result<[Tensor], ServingError> {
        Result { () throws(ServingError) in
            try BatchRun(session: inference.session).run([inference.request])[0]
        }
    }

    /// The answer of a request that was run.
    ///
    /// - Parameter result: the outputs that it asked for, in its order.
    package func answer(_ inference: PreparedInference, _ result: Result<[Tensor], ServingError>)
        -> HTTPResponse
    {
        do throws(ServingError) {
            let (json, binary) = try encode(inference, try result.get())
            guard !binary.isEmpty else { return compressed(Self.json(json), inference.coding) }
            let headers = HTTPHeaders([
                .init("content-type", "application/octet-stream"),
                .init("inference-header-content-length", String(json.count)),
            ])
            return compressed(
                HTTPResponse(status: 200, headers: headers, body: json + binary),
                inference.coding
            )
        } catch {
            return Self.failure(error)
        }
    }

    /// Answers a request that came without HTTP, as JSON alone; without a name the repository's only model is meant.
    package func infer(
        _ body: ArraySlice<UInt8>,
        model name: String?,
        version: String?
    ) throws(ServingError) -> [UInt8] {
        let repository = try repository()
        let name = if let name { name } else { try repository.onlyModelName() }
        let model = try repository.model(name, version: version)
        let inference = try prepare(RequestBody(json: body), model, nil)
        let (json, binary) = try encode(inference, try run(inference).get())
        guard binary.isEmpty else {
            throw .badRequest("binary outputs need HTTP, which can carry them; leave binary_data out")
        }
        return json
    }

    private func encode(
        _ inference: PreparedInference,
        _ tensors: [Tensor]
    ) throws(ServingError) -> (json: [UInt8], binary: [UInt8]) {
        let model = inference.model
        var outputs: [InferenceResponse.Output] = []
        for (wanted, tensor) in zip(inference.request.outputs, tensors) {
            let name = inference.session.outputs[wanted.index].name
            var tensor = tensor
            if let classes = wanted.classes {
                let labels = model.configuration.labels[name] ?? []
                tensor = try Classification(classes: classes, labels: labels).apply(to: tensor, output: name)
            }
            outputs.append(.init(name: name, tensor: tensor, isBinary: wanted.isBinary))
        }
        return try InferenceResponse(
            modelName: model.name,
            modelVersion: model.version,
            id: inference.request.id,
            outputs: outputs
        ).encode()
    }

    // MARK: Answers

    static func json(_ body: [UInt8], status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: HTTPHeaders([.init("content-type", "application/json")]),
            body: body
        )
    }

    private static func coding(_ request: HTTPRequest) -> ContentCoding? {
        request.headers["accept-encoding"].flatMap(ContentCoding.accepted)
    }

    private func compressed(_ response: HTTPResponse, _ coding: ContentCoding?) -> HTTPResponse {
        guard let coding, response.body.count >= limits.compressedAnswerMin,
            let body = coding.deflate(response.body), body.count < response.body.count
        else { return response }
        var response = response
        response.body = body
        response.headers.append("content-encoding", coding.rawValue)
        response.headers.append("vary", "accept-encoding")
        return response
    }
}
