import CONNXRuntime

/// A tensor of numbers in memory that someone else owns, and keeps in place as long as this is used.
package struct TensorMemory {
    package let type: ElementType
    package let shape: [Int]
    package let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter bytes: at least as many as the shape takes; what is beyond is left alone.
    package init(_ type: ElementType, shape: [Int], _ bytes: UnsafeMutableRawBufferPointer) {
        let count = shape.reduce(type.size ?? 0, *)
        precondition(type.size != nil && bytes.count >= count, "\(bytes.count) bytes do not hold \(shape)")
        self.type = type
        self.shape = shape
        self.bytes = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
    }
}

extension Session {
    /// Runs the model once, from memory to memory: nothing is copied and nothing is allocated but descriptions.
    ///
    /// - Parameters:
    ///   - tensors: one for each input, in the order of `inputs`.
    ///   - targets: where outputs go, with exactly the shapes that the model gives them; not the memory of an input.
    ///   - selected: which outputs those are, as indices into `outputs`.
    package func run(
        _ tensors: [TensorMemory],
        into targets: [TensorMemory],
        outputs selected: [Int]
    ) throws(ONNXError) {
        precondition(tensors.count == inputs.count, "one tensor for each input")
        precondition(targets.count == selected.count, "one target for each selected output")
        let inputs = RunValues(runtime: runtime, outputCount: 0)
        for tensor in tensors {
            try inputs.append(UnsafeRawBufferPointer(tensor.bytes), type: tensor.type, shape: tensor.shape)
        }
        let outputs = RunValues(runtime: runtime, outputCount: 0)
        for target in targets {
            try outputs.append(UnsafeRawBufferPointer(target.bytes), type: target.type, shape: target.shape)
        }
        let names = selected.map { outputNames[$0] }
        var values = outputs.inputs
        let status = runtime.api.Run(
            session,
            nil,
            inputNames,
            inputs.inputs,
            inputs.inputs.count,
            names,
            selected.count,
            &values
        )
        try StatusCheck(api: runtime.api)(status, "running \(model)")
    }
}
