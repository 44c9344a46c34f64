package import ONNX

/// A request for inference, checked against its model: ready to run.
package struct InferenceRequest: Sendable {
    /// One output that the caller wants, and in which form.
    package struct Output: Equatable, Sendable {
        /// Index into the model's outputs.
        package var index: Int
        package var isBinary = false
        /// How many classes to name instead of giving the values; nil for the values.
        package var classes: Int?
    }

    /// Echoed in the answer.
    package var id: String?
    /// One for each of the model's inputs, in their order.
    package var inputs: [Tensor]
    package var outputs: [Output]
}
