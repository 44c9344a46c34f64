/// What can go wrong with ONNX Runtime, in its words and with a remedy.
package enum ONNXError: Error, Equatable, CustomStringConvertible {
    /// Places that were tried, each with the loader's reason.
    case libraryMissing(tried: [String])
    /// The library refused: what was being done, its error code and message.
    case refused(doing: String, code: Code, message: String)
    /// A model has an input or output that is no tensor, or one of a type outside `ElementType`.
    case unsupported(model: String, tensor: String, what: String)

    /// The library's error codes (OrtErrorCode).
    package enum Code: Int32, Sendable {
        case fail = 1
        case invalidArgument
        case noSuchFile
        case noModel
        case engineError
        case runtimeException
        case invalidProtobuf
        case modelLoaded
        case notImplemented
        case invalidGraph
        case executionProviderFail
        case other
    }

    package var description: String {
        switch self {
        case .libraryMissing(let tried):
            "ONNX Runtime could not be loaded. Tried: \(tried.joined(separator: "; ")). "
                + "Get it with build-scripts/setup.sh, or set MARK_ONNXRUNTIME to the path of a libonnxruntime.so.1"
        case .refused(let doing, _, let message): "ONNX Runtime failed \(doing): \(message)\(remedy)"
        case .unsupported(let model, let tensor, let what):
            "model \(model): '\(tensor)' is \(what); only tensors of "
                + "\(ElementType.allCases.map(\.rawValue).joined(separator: ", ")) can be served"
        }
    }

    private var remedy: String {
        guard case .refused(_, let code, _) = self else { return "" }
        return switch code {
        case .noSuchFile: ". Check the path, and that an external data file lies beside its model"
        case .invalidProtobuf, .noModel: ". Export the model again; this file is damaged or no ONNX model"
        case .notImplemented: ". Export the model with operators that this version of ONNX Runtime has"
        case .invalidGraph: ". Check the model with onnx.checker, or export it with an older opset"
        default: ""
        }
    }
}
