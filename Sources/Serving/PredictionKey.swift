package import ONNX

/// What a prediction depends on within a version of a model: the exact inputs, and which outputs are asked for.
///
/// The hash only finds candidates; keys are the same when their bytes are.
package struct PredictionKey: Hashable, Sendable {
    package let inputs: [Tensor]
    package let outputs: [Int]
    private let hash: Int

    package init(_ request: InferenceRequest) {
        self.init(inputs: request.inputs, outputs: request.outputs.map(\.index))
    }

    package init(inputs: [Tensor], outputs: [Int]) {
        self.inputs = inputs
        self.outputs = outputs
        // Seeded by the process, so that nobody can send inputs that are made to collide.
        var hasher = Hasher()
        for input in inputs {
            hasher.combine(input.shape)
            switch input.elements {
            case .raw(let bytes): bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
            case .strings(let strings): hasher.combine(strings)
            }
        }
        hasher.combine(outputs)
        hash = hasher.finalize()
    }

    private init(_ inputs: [Tensor], _ outputs: [Int], hash: Int) {
        (self.inputs, self.outputs, self.hash) = (inputs, outputs, hash)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(hash) }

    /// The same key in memory of its own: a request's tensors hold on to its whole body.
    package var kept: PredictionKey { PredictionKey(inputs.map(\.alone), outputs, hash: hash) }

    var bytes: Int { inputs.reduce(0) { $0 + $1.bytesHeld } }
}

extension Tensor {
    /// The same in memory of its own.
    var alone: Tensor {
        guard case .raw(let bytes) = elements else { return self }
        return Tensor(type, shape: shape, .raw(ArraySlice(Array(bytes))))
    }

    /// Memory that the elements take when they are by themselves.
    var bytesHeld: Int {
        switch elements {
        case .raw(let bytes): bytes.count
        // Each is an array of its own, with a header of 32 bytes and its place in the list.
        case .strings(let strings): strings.reduce(0) { $0 + $1.count + 40 }
        }
    }
}
