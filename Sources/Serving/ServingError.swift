package import ONNX

/// A request that cannot be served: an HTTP status and a text that names the field, what was expected and what came.
package struct ServingError: Error, Equatable, CustomStringConvertible {
    package let status: Int
    package let description: String

    package init(status: Int, _ description: String) {
        self.status = status
        self.description = description
    }

    package static func badRequest(_ description: String) -> ServingError {
        ServingError(status: 400, description)
    }

    package static func notFound(_ description: String) -> ServingError {
        ServingError(status: 404, description)
    }

    /// An error of the engine: the sender's fault only where the engine says so.
    package init(_ error: ONNXError) {
        if case .refused(_, .invalidArgument, _) = error {
            self = .badRequest(error.description)
        } else {
            self = ServingError(status: 500, error.description)
        }
    }
}
