package import ONNX
package import Wire

/// A request that has been read and checked, ready for the engine.
package struct PreparedInference: Sendable {
    package let model: Model
    package let session: Session
    package internal(set) var request: InferenceRequest
    /// How the caller accepts a larger answer to be compressed.
    package let coding: ContentCoding?
    /// For a picture sent by itself, whose classes are answered; nil for the protocol's own requests.
    let picture: PictureAnswer?

    /// Rows that it brings to a batch; nil when it must run alone, as for models without a batch axis.
    package var rows: Int? {
        guard session.isBatchable, let rows = request.inputs.first?.shape.first, rows > 0,
            request.inputs.allSatisfy({ $0.shape.first == rows })
        else { return nil }
        return rows
    }
}

extension Session {
    /// Whether requests can be put one after the other along the first axis of every input, and answers be taken apart likewise.
    package var isBatchable: Bool {
        !inputs.isEmpty && (inputs + outputs).allSatisfy { $0.shape.first == -1 }
    }
}
