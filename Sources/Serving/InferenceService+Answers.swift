package import ONNX
package import Wire

/// Answers to requests that were run.
extension InferenceService {
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

    func encode(
        _ inference: PreparedInference,
        _ tensors: [Tensor]
    ) throws(ServingError) -> (json: [UInt8], binary: [UInt8]) {
        if let picture = inference.picture,
            let index = PictureAnswer.output(of: inference.session, inference.model.configuration)
        {
            return try encode(inference, picture, output: index, tensors[index])
        }
        var outputs: [InferenceResponse.Output] = []
        for (wanted, tensor) in zip(inference.request.outputs, tensors) {
            let name = inference.session.outputs[wanted.index].name
            var tensor = tensor
            if let classes = wanted.classes {
                tensor = try classified(tensor, classes, name, inference.model)
            }
            outputs.append(.init(name: name, tensor: tensor, isBinary: wanted.isBinary))
        }
        return try response(inference, outputs).encode()
    }

    /// What is answered to a picture sent by itself.
    private func encode(
        _ inference: PreparedInference,
        _ picture: PictureAnswer,
        output index: Int,
        _ tensor: Tensor
    ) throws(ServingError) -> (json: [UInt8], binary: [UInt8]) {
        let configuration = inference.model.configuration
        let name = inference.session.outputs[index].name
        let scores = configuration.softmax ? PictureAnswer.softmax(tensor) : tensor
        let named = try classified(scores, picture.top, name, inference.model)
        var response = response(inference, [.init(name: name, tensor: named, isBinary: false)])
        response.classes = picture.classes(scores, labels: configuration.labels[name] ?? [])
        return try response.encode()
    }

    private func classified(
        _ tensor: Tensor,
        _ classes: Int,
        _ output: String,
        _ model: Model
    ) throws(ServingError) -> Tensor {
        try Classification(classes: classes, labels: model.configuration.labels[output] ?? [])
            .apply(to: tensor, output: output)
    }

    private func response(
        _ inference: PreparedInference,
        _ outputs: [InferenceResponse.Output]
    ) -> InferenceResponse {
        InferenceResponse(
            modelName: inference.model.name,
            modelVersion: inference.model.version,
            id: inference.request.id,
            outputs: outputs
        )
    }

    static func json(_ body: [UInt8], status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: HTTPHeaders([.init("content-type", "application/json")]),
            body: body
        )
    }

    static func coding(_ request: HTTPRequest) -> ContentCoding? {
        request.headers["accept-encoding"].flatMap(ContentCoding.accepted)
    }

    func compressed(_ response: HTTPResponse, _ coding: ContentCoding?) -> HTTPResponse {
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
