import CONNXRuntime

/// The library's values of one run, released with this object.
final class RunValues {
    private(set) var inputs: [OpaquePointer?] = []
    var outputs: [OpaquePointer?]
    private let runtime: ONNXRuntime

    init(runtime: ONNXRuntime, outputCount: Int) {
        self.runtime = runtime
        outputs = [OpaquePointer?](repeating: nil, count: outputCount)
    }

    deinit {
        for value in inputs { runtime.api.ReleaseValue(value) }
        for case let value? in outputs { runtime.api.ReleaseValue(value) }
    }

    /// Wraps memory that stays in place until the run is over; the library reads it where it is.
    func append(_ bytes: UnsafeRawBufferPointer, type: ElementType, shape: [Int]) throws(ONNXError) {
        let api = runtime.api
        let data = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
        var value: OpaquePointer?
        // An array of Int has the layout that the library wants: 64-bit integers.
        let status = shape.withUnsafeBytes {
            api.CreateTensorWithDataAsOrtValue(
                runtime.memory,
                data,
                bytes.count,
                $0.assumingMemoryBound(to: Int64.self).baseAddress,
                shape.count,
                type.onnxCode,
                &value
            )
        }
        try StatusCheck(api: api)(status, "wrapping an input")
        inputs.append(value)
    }

    /// Copies strings into a tensor of the library's own.
    func append(_ strings: [[UInt8]], shape: [Int]) throws(ONNXError) {
        let api = runtime.api
        let checked = StatusCheck(api: api)
        let value = try checked.made("making a string tensor") { value in
            shape.withUnsafeBytes {
                api.CreateTensorAsOrtValue(
                    runtime.allocator,
                    $0.assumingMemoryBound(to: Int64.self).baseAddress,
                    shape.count,
                    ElementType.bytes.onnxCode,
                    &value
                )
            }
        }
        inputs.append(value)
        for (index, string) in strings.enumerated() where !string.isEmpty {
            var buffer: UnsafeMutablePointer<CChar>?
            let status = api.GetResizedStringTensorElementBuffer(value, index, string.count, &buffer)
            try checked(status, "filling a string tensor")
            UnsafeMutableRawBufferPointer(start: buffer, count: string.count).copyBytes(from: string)
        }
    }
}
