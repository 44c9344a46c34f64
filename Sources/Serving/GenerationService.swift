package import Wire

/// Texts over HTTP: reads requests of Triton's generate extension and of OpenAI's completions.
///
/// Source: Triton, "Generate extension"; OpenAI, "API reference", completions and models. Errors come as `{"error": "<text>"}` under /v2
/// and in OpenAI's form under /v1.
package struct GenerationService: Sendable {
    /// What a request comes to before a token is made.
    package enum Step: Sendable {
        case answer(HTTPResponse)
        case generate(GenerationCall)
    }

    private let inflatedMax: Int
    /// Seconds since 1970.
    private let time: @Sendable () -> Int64
    private let repository: @Sendable () throws(ServingError) -> ModelRepository

    /// Texts of one request.
    private static let promptsMax = 64

    /// - Parameters:
    ///   - inflatedMax: bytes that a compressed body may inflate to.
    ///   - time: seconds since 1970.
    package init(
        inflatedMax: Int = 64 << 20,
        time: @escaping @Sendable () -> Int64,
        repository: @escaping @Sendable () throws(ServingError) -> ModelRepository
    ) {
        self.inflatedMax = inflatedMax
        self.time = time
        self.repository = repository
    }

    /// Whether a path is for this service.
    package static func handles(_ path: String) -> Bool {
        isOpenAI(path) || !path.hasSuffix("/infer") && GenerationRoute(path: path) != nil
    }

    /// Reads and checks a request.
    package func begin(_ request: HTTPRequest) -> Step {
        let route = GenerationRoute(path: request.path) ?? .unknown
        do throws(ServingError) {
            guard route != .unknown else {
                throw .notFound(
                    "no such path: \(request.path); texts are made at /v1/completions and /v2/models/NAME/generate"
                )
            }
            guard request.method == route.method || (route.method == "GET" && request.method == "HEAD") else {
                throw ServingError(
                    status: 405,
                    "\(request.path) takes \(route.method), not \(request.method)"
                )
            }
            return try step(route, request)
        } catch {
            var response = Self.failure(error, isOpenAI: route.isOpenAI)
            if error.status == 405 { response.headers.append("allow", route.method) }
            return .answer(response)
        }
    }

    private func step(_ route: GenerationRoute, _ request: HTTPRequest) throws(ServingError) -> Step {
        switch route {
        case .generate(let name, let version, let streams):
            return .generate(try tritonCall(name, version, streams, try body(request)))
        case .completions: return .generate(try completionsCall(try body(request)))
        case .models:
            let names = Set(try repository().all.filter { $0.configuration.generation != nil }.map(\.name))
            let list: JSON = ["object": "list", "data": .array(names.sorted().map(Self.model))]
            return .answer(InferenceService.json(list.encoded()))
        case .model(let name):
            // What the list does not have is not found, whatever else it can do.
            guard try repository().model(name, version: nil).configuration.generation != nil else {
                throw .notFound("model '\(name)' makes no texts; GET /v1/models lists those that do")
            }
            return .answer(InferenceService.json(Self.model(name).encoded()))
        case .unknown: throw .notFound("no such path")
        }
    }

    private static func model(_ name: String) -> JSON {
        ["id": .string(name), "object": "model", "created": 0, "owned_by": "mark"]
    }

    private func body(_ request: HTTPRequest) throws(ServingError) -> [JSON.Member] {
        let bytes = try RequestBody.inflated(request, max: inflatedMax)
        let json = try naming("the request") { () throws(JSONError) in try JSON(parsing: Array(bytes)) }
        guard let members = json.objectValue else { throw .badRequest("the request is no JSON object") }
        return members
    }

    @discardableResult
    private func generating(_ model: Model) throws(ServingError) -> Model {
        guard model.configuration.generation != nil else {
            throw .badRequest(
                "model '\(model.name)' makes no texts; send tensors to /v2/models/\(model.name)/infer"
            )
        }
        return model
    }

    // MARK: Triton

    private static let tritonNames = ["text_input", "id", "parameters"]

    private func tritonCall(
        _ name: String,
        _ version: String?,
        _ streams: Bool,
        _ members: [JSON.Member]
    ) throws(ServingError) -> GenerationCall {
        let model = try generating(try repository().model(name, version: version))
        let configuration = model.configuration.generation ?? GenerationConfiguration()
        // Parameters may stand in an object of their own or beside the text.
        let nested = members.last { $0.key == "parameters" }?.value ?? .null
        guard nested == .null || nested.objectValue != nil else {
            throw .badRequest("'parameters' is no object")
        }
        let reader = try ParameterReader(
            members.filter { $0.key != "parameters" } + (nested.objectValue ?? []),
            known: Self.tritonNames + GenerationParameters.names
        )
        guard let text = try reader.string("text_input") else {
            throw .badRequest("'text_input' is missing; send the text to go on from")
        }
        return GenerationCall(
            model: model,
            streams: try reader.bool("stream") ?? false || streams,
            dialect: .triton(id: try reader.string("id")),
            prompts: [text],
            parameters: try GenerationParameters(reader, configuration)
        )
    }

    // MARK: OpenAI

    /// Those that are known, with what cannot be had here.
    private static let completionNames =
        GenerationParameters.names + [
            "model", "prompt", "n", "best_of", "echo", "stream_options", "suffix", "logprobs", "logit_bias",
            "presence_penalty", "frequency_penalty", "user",
        ]

    private func completionsCall(_ members: [JSON.Member]) throws(ServingError) -> GenerationCall {
        let reader = try ParameterReader(members, known: Self.completionNames)
        guard let name = try reader.string("model") else {
            throw .badRequest("'model' is missing; GET /v1/models lists those that there are")
        }
        let model = try generating(try repository().model(name, version: nil))
        let configuration = model.configuration.generation ?? GenerationConfiguration()
        try reader.refuse("n", unless: [1], "ask for several prompts instead")
        try reader.refuse("best_of", unless: [1], "leave it out")
        try reader.refuse("suffix", unless: [""], "leave it out")
        try reader.refuse("logprobs", unless: [], "leave it out")
        try reader.refuse("logit_bias", unless: [.object([])], "leave it out")
        for penalty in ["presence_penalty", "frequency_penalty"] {
            try reader.refuse(penalty, unless: [0, 0.0], "leave it out")
        }
        let options = reader["stream_options"]
        let completions = GenerationCall.Completions(
            id: "cmpl-" + String(UInt64.random(in: 0...UInt64.max), radix: 36),
            created: time(),
            echo: try reader.bool("echo") ?? false,
            includesUsage: options?["include_usage"]?.boolValue ?? false
        )
        return GenerationCall(
            model: model,
            streams: try reader.bool("stream") ?? false,
            dialect: .completions(completions),
            prompts: try prompts(reader),
            parameters: try GenerationParameters(reader, configuration, tokensMax: 16)
        )
    }

    private func prompts(_ reader: ParameterReader) throws(ServingError) -> [String] {
        let prompt = reader["prompt"] ?? ""
        let texts = (prompt.arrayValue ?? [prompt]).compactMap(\.stringValue)
        guard texts.count == prompt.arrayValue?.count ?? 1, (1...Self.promptsMax).contains(texts.count) else {
            throw reader.wrong("prompt", prompt, "a text, or a list of 1 to \(Self.promptsMax) texts")
        }
        return texts
    }
}
