import CONNXRuntime

/// The weights of one model that lie in files of their own, as the library's values over memory that models share.
final class SharedInitializers: Sendable {
    private let runtime: ONNXRuntime
    // Filled here, then only read.
    private nonisolated(unsafe) var files: [String: SharedWeights] = [:]
    private nonisolated(unsafe) var values: [(name: String, value: OpaquePointer)] = []
    /// Where the library looks for prepacked weights, and leaves its own: that of the model's first file.
    private(set) nonisolated(unsafe) var prepacked: OpaquePointer?

    /// Finds them for a model; what cannot be shared is left to the library.
    init(of model: String, runtime: ONNXRuntime) throws(ONNXError) {
        self.runtime = runtime
        guard let graph = MappedFile(model) else { return }
        let end = model.lastIndex(of: "/").map { model.index(after: $0) } ?? model.startIndex
        for initializer in ExternalInitializer.all(in: graph.bytes) {
            guard let weights = try file(initializer.location, in: model[..<end]),
                let bytes = initializer.bytes(in: weights.file)
            else { continue }
            values.append((initializer.name, try value(bytes, initializer)))
            prepacked = prepacked ?? weights.prepacked
        }
    }

    deinit { for (_, value) in values { runtime.api.ReleaseValue(value) } }

    /// Tells the library to take these instead of reading its own; they must outlive its session.
    func add(to settings: SessionSettings) throws(ONNXError) {
        for (name, value) in values {
            try StatusCheck(api: runtime.api)(
                runtime.api.AddInitializer(settings.pointer, name, value),
                "sharing weight '\(name)'"
            )
        }
    }

    /// Lets go of what loading has touched: prepacked weights are not read again, and the others come back by themselves.
    func forgetPages() { for weights in files.values { weights.file.forgetPages() } }

    private func file(_ location: String, in folder: Substring) throws(ONNXError) -> SharedWeights? {
        if let known = files[location] { return known }
        // The library refuses paths that lead out of the model's folder, in its own words.
        guard !location.hasPrefix("/"), !location.split(separator: "/").contains("..") else { return nil }
        let weights = try runtime.weightFiles.weights("\(folder)\(location)", api: runtime.api)
        files[location] = weights
        return weights
    }

    private func value(
        _ bytes: UnsafeRawBufferPointer,
        _ initializer: ExternalInitializer
    ) throws(ONNXError) -> OpaquePointer {
        try StatusCheck(api: runtime.api).made("wrapping weight '\(initializer.name)'") { value in
            runtime.api.CreateTensorWithDataAsOrtValue(
                runtime.memory,
                UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                bytes.count,
                initializer.shape,
                initializer.shape.count,
                initializer.type,
                &value
            )
        }
    }
}

extension ExternalInitializer {
    /// Where the weight lies in its file; nil for what does not fit its shape, is no number, or is so placed that the library would
    /// have to copy it.
    func bytes(in file: MappedFile) -> UnsafeRawBufferPointer? {
        let length = length ?? file.bytes.count - offset
        guard let size = ElementType(onnxCode: type)?.size, offset >= 0, length > 0,
            offset <= file.bytes.count - length, offset % size == 0, shape.allSatisfy({ $0 >= 0 })
        else { return nil }
        let (count, overflow) = shape.reduce((1, false)) { product, side in
            let (next, overflow) = product.0.multipliedReportingOverflow(by: Int(side))
            return (next, product.1 || overflow)
        }
        guard !overflow, length % size == 0, count == length / size else { return nil }
        return UnsafeRawBufferPointer(rebasing: file.bytes[offset..<(offset + length)])
    }
}
