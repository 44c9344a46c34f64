import ONNX
package import Pictures
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

    let limits: Limits
    let decoder: PictureDecoder
    let report: (@Sendable (Model) -> DispatchReport?)?
    /// Waits until the repository is open.
    package let repository: @Sendable () throws(ServingError) -> ModelRepository

    /// - Parameters:
    ///   - decoder: for pictures.
    ///   - report: how a model's dispatcher is doing; nil where there are no dispatchers.
    ///   - repository: waits until the repository is open; called by everything but the liveness check, so that this
    ///     answers while the engine still starts.
    package init(
        limits: Limits = Limits(),
        decoder: PictureDecoder = PictureDecoder(),
        report: (@Sendable (Model) -> DispatchReport?)? = nil,
        repository: @escaping @Sendable () throws(ServingError) -> ModelRepository
    ) {
        self.limits = limits
        self.decoder = decoder
        self.report = report
        self.repository = repository
    }

    /// Answers a request, with the engine's work done on this thread.
    package func respond(to request: HTTPRequest) -> HTTPResponse {
        switch begin(request) {
        case .answer(let response): response
        case .inference(let inference): respond(to: inference)
        case .pictures(let encoded):
            switch decode(encoded) {
            case .success(let inference): respond(to: inference)
            case .failure(let error): Self.failure(error)
            }
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
        /// To be decoded by `decode(_:)`, and then run and answered likewise.
        case pictures(EncodedInference)

        /// The id in the request's body.
        var requestID: String? {
            switch self {
            case .answer: nil
            case .inference(let inference): inference.request.id
            case .pictures(let encoded): encoded.requestID
            }
        }
    }

    /// Reads and checks a request.
    ///
    /// - Parameter refuse: asked before an inference's body is read, which may take longer than the refusal of it.
    package func begin(_ request: HTTPRequest, refuse: (Model) -> HTTPResponse? = { _ in nil }) -> Step {
        do throws(ServingError) {
            switch try step(request, refuse) {
            case .answer(let response): return .answer(compressed(response, Self.coding(request)))
            case let step: return step
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
        let repository = try repository()
        let choice = try repository.choice(name, version: version)
        let key = request.headers[Self.requestID]
        let model = key.flatMap { choice.other(id: $0, ticket: repository.nextTicket) } ?? choice.model
        if let refusal = refuse(model) { return .answer(refusal) }
        let body = try RequestBody(request, inflatedMax: limits.inflatedBody)
        let picture = body.isPicture ? try PictureAnswer(request) : nil
        let step = try prepare(body, model, Self.coding(request), picture)
        // The id in the body is known only now.
        guard key == nil, let other = choice.other(id: step.requestID, ticket: repository.nextTicket) else {
            return step
        }
        if let refusal = refuse(other) { return .answer(refusal) }
        return try prepare(body, other, Self.coding(request), picture)
    }

    /// Requests with the same value go to the same side of a canary.
    static let requestID = "x-request-id"

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

    func prepare(
        _ body: RequestBody,
        _ model: Model,
        _ coding: ContentCoding?,
        _ picture: PictureAnswer? = nil
    ) throws(ServingError) -> Step {
        let session = try model.session()
        let pictures = try pictureInput(of: model, session, isNeeded: body.isPicture)
        let inference = PreparedInference(
            model: model,
            session: session,
            request: try body.inferenceRequest(
                inputs: session.inputs,
                outputs: session.outputs,
                pictures: pictures
            ),
            coding: coding,
            picture: picture
        )
        guard let pictures, inference.request.inputs[pictures.index].type == .bytes else {
            return .inference(inference)
        }
        return .pictures(try EncodedInference(inference, pictures))
    }

    /// The input of a model that pictures become; nil when it has none.
    private func pictureInput(
        of model: Model,
        _ session: Session,
        isNeeded: Bool
    ) throws(ServingError) -> PictureInput? {
        guard let preprocess = model.configuration.preprocess else {
            guard isNeeded else { return nil }
            throw ServingError(
                status: 415,
                "model '\(model.name)' takes no pictures; send tensors, or describe in its config.json how pictures become "
                    + "its input (\"preprocess\")"
            )
        }
        do throws(InvalidConfiguration) { return try preprocess.input(of: session.inputs) } catch {
            throw ServingError(status: 503, "model '\(model.name)': its config.json: \(error)")
        }
    }

    func run(_ inference: PreparedInference) -> Result<[Tensor], ServingError> {
        let run = { @Sendable (inference: PreparedInference) in
            Result { () throws(ServingError) in
                try BatchRun(session: inference.session).run([inference.request])[0]
            }
        }
        return inference.model.predictions?.result(of: inference, run: run) ?? run(inference)
    }

    /// A request with its pictures decoded, which takes a while; for what `begin` gave.
    package func decode(_ encoded: EncodedInference) -> Result<PreparedInference, ServingError> {
        Result { () throws(ServingError) in try encoded.decoded(by: decoder) }
    }
}
