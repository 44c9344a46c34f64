import CONNXRuntime

/// Copies one output out of the library's memory.
struct OutputReader {
    let runtime: ONNXRuntime
    let value: OpaquePointer?
    let name: String
    let model: String

    private var api: CONNXRuntime { runtime.api }
    private var checked: StatusCheck { StatusCheck(api: api) }

    func tensor() throws(ONNXError) -> Tensor {
        let info = try checked.made("reading output '\(name)'") { api.GetTensorTypeAndShape(value, &$0) }
        defer { api.ReleaseTensorTypeAndShapeInfo(info) }
        let (code, shape) = try TensorInfo(pointer: info, api: api).typeAndShape()
        guard let type = ElementType(onnxCode: code) else {
            throw .unsupported(model: model, tensor: name, what: "a tensor of ONNX element type \(code)")
        }
        let count = shape.reduce(1, *)
        guard let size = type.size else {
            return Tensor(type, shape: shape, .strings(try strings(count)))
        }
        var data: UnsafeMutableRawPointer?
        try checked(api.GetTensorMutableData(value, &data), "reading output '\(name)'")
        let bytes = UnsafeRawBufferPointer(start: data, count: count * size)
        return Tensor(type, shape: shape, .raw(ArraySlice(Array(bytes))))
    }

    private func strings(_ count: Int) throws(ONNXError) -> [[UInt8]] {
        let total = try checked.counted("reading output '\(name)'") {
            api.GetStringTensorDataLength(value, &$0)
        }
        var content = [UInt8](repeating: 0, count: total)
        var offsets = [Int](repeating: 0, count: count)
        try checked(
            api.GetStringTensorContent(value, &content, total, &offsets, count),
            "reading output '\(name)'"
        )
        let ends = offsets.dropFirst() + [total]
        return zip(offsets, ends).map { Array(content[$0..<$1]) }
    }
}
