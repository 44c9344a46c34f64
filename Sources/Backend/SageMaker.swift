import Wire

/// SageMaker's container contract (AWS, "Custom Inference Code with Hosting Services"): `GET /ping` and `POST /invocations`.
///
/// Invocations become the protocol's own inference requests, so that one implementation serves both.
enum SageMaker {
    static let ping = "/ping"
    static let invocations = "/invocations"

    /// The header with which multi-model endpoints name a model.
    private static let targetModel = "x-amzn-sagemaker-target-model"
    private static let binaryHeader = "application/vnd.sagemaker-triton.binary+json;json-header-size="

    /// The request for inference that an invocation stands for.
    ///
    /// Bodies are JSON of the protocol, or its binary form as `application/octet-stream`: with
    /// `Inference-Header-Content-Length`, or without it the bare elements of the model's one input.
    /// - Parameter onlyModel: the model meant by requests that name none; nil when there are several.
    static func inference(_ request: HTTPRequest, onlyModel: String?) -> Result<HTTPRequest, SageMakerError> {
        guard let model = request.headers[targetModel] ?? onlyModel else { return .failure(.noModel) }
        var headers = request.headers
        let type = request.headers["content-type"]?.lowercased() ?? "application/json"
        let hasLength = request.headers["inference-header-content-length"] != nil
        if type.hasPrefix(binaryHeader) {
            headers.append("inference-header-content-length", String(type.dropFirst(binaryHeader.count)))
        } else if type.hasPrefix("application/octet-stream") {
            if !hasLength { headers.append("inference-header-content-length", "0") }
        } else if !type.hasPrefix("application/json"), !type.hasPrefix("image/") {
            return .failure(.contentType(type))
        }
        return .success(
            HTTPRequest(
                method: request.method,
                path: "/v2/models/\(encoded(model))/infer",
                query: request.query,
                headers: headers,
                body: request.body
            )
        )
    }

    private static func encoded(_ name: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in name.utf8 {
            if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%") {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Why an invocation is refused.
enum SageMakerError: Error, Equatable, CustomStringConvertible {
    case noModel
    case contentType(String)

    var description: String {
        switch self {
        case .noModel: "several models are served here; name one in the header X-Amzn-SageMaker-Target-Model"
        case .contentType(let type):
            "content type '\(type)' is not served; send application/json, application/octet-stream or a picture"
        }
    }
}
