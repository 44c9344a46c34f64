package import ONNX
import Wire

/// A request that cannot be served: an HTTP status and a text that names the field, what was expected and what came.
package struct ServingError: Error, Equatable, CustomStringConvertible {
    package let status: Int
    package let description: String

    /// Bytes of a text; what it quotes may be as long as a request.
    private static let descriptionMax = 4096

    package init(status: Int, _ description: String) {
        self.status = status
        self.description = cropped(description, to: Self.descriptionMax)
    }

    package static func badRequest(_ description: String) -> ServingError {
        ServingError(status: 400, description)
    }

    package static func notFound(_ description: String) -> ServingError {
        ServingError(status: 404, description)
    }

    /// A run that failed.
    ///
    /// The model was loaded, so it can run, and what makes its operators fail is the request: lengths of
    /// free axes that do not fit each other, an index past its table. Only for want of memory is the engine to blame.
    package init(running error: ONNXError) {
        guard case .refused(_, let code, let message) = error, !message.contains("alloc") else {
            self = ServingError(status: 500, error.description)
            return
        }
        switch code {
        case .invalidArgument, .fail, .runtimeException:
            self = .badRequest("the model does not take these inputs: \(error.description)")
        default: self = ServingError(status: 500, error.description)
        }
    }
}
