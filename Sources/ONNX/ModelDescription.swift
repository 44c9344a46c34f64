import CONNXRuntime

/// Reads from a session what the model takes and gives.
struct ModelDescription {
    let session: OpaquePointer
    let runtime: ONNXRuntime
    let model: String

    private var api: CONNXRuntime { runtime.api }

    func inputs() throws(ONNXError) -> [TensorSpecification] {
        try tensors(api.SessionGetInputCount, api.SessionGetInputName, api.SessionGetInputTypeInfo)
    }

    func outputs() throws(ONNXError) -> [TensorSpecification] {
        try tensors(api.SessionGetOutputCount, api.SessionGetOutputName, api.SessionGetOutputTypeInfo)
    }

    private typealias Count = (OpaquePointer?, UnsafeMutablePointer<Int>?) -> OpaquePointer?
    private typealias Name = (
        OpaquePointer?, Int, OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) -> OpaquePointer?
    private typealias TypeInfo = (OpaquePointer?, Int, UnsafeMutablePointer<OpaquePointer?>?) ->
        OpaquePointer?

    private func tensors(
        _ count: Count,
        _ name: Name,
        _ type: TypeInfo
    ) throws(ONNXError) -> [TensorSpecification] {
        let checked = StatusCheck(api: api)
        let number = try checked.counted("describing \(model)") { count(session, &$0) }
        var tensors: [TensorSpecification] = []
        for index in 0..<number {
            var text: UnsafeMutablePointer<CChar>?
            try checked(name(session, index, runtime.allocator, &text), "describing \(model)")
            let tensorName = text.map { String(cString: $0) } ?? ""
            try checked(api.AllocatorFree(runtime.allocator, text), "describing \(model)")
            let info = try checked.made("describing \(model)") { type(session, index, &$0) }
            defer { api.ReleaseTypeInfo(info) }
            tensors.append(try specification(tensorName, info))
        }
        return tensors
    }

    private func specification(_ name: String, _ info: OpaquePointer) throws(ONNXError) -> TensorSpecification
    {
        var tensorInfo: OpaquePointer?
        try StatusCheck(api: api)(api.CastTypeInfoToTensorInfo(info, &tensorInfo), "describing \(model)")
        guard let tensorInfo else { throw .unsupported(model: model, tensor: name, what: "no tensor") }
        let (code, shape) = try TensorInfo(pointer: tensorInfo, api: api).typeAndShape()
        guard let type = ElementType(onnxCode: code) else {
            throw .unsupported(model: model, tensor: name, what: "a tensor of ONNX element type \(code)")
        }
        return TensorSpecification(name: name, type: type, shape: shape)
    }
}

/// The library's description of a tensor's type and shape.
struct TensorInfo {
    let pointer: OpaquePointer
    let api: CONNXRuntime

    /// ONNX's number of the element type, and the length of each axis with -1 where it is free.
    func typeAndShape() throws(ONNXError) -> (type: Int32, shape: [Int]) {
        let checked = StatusCheck(api: api)
        var type: Int32 = 0
        try checked(api.GetTensorElementType(pointer, &type), "reading a tensor's type")
        let rank = try checked.counted("reading a tensor's shape") { api.GetDimensionsCount(pointer, &$0) }
        var shape = [Int64](repeating: 0, count: rank)
        try checked(api.GetDimensions(pointer, &shape, rank), "reading a tensor's shape")
        return (type, shape.map { Int(max($0, -1)) })
    }
}
