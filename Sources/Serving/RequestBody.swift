import ONNX
import Wire

/// A body taken apart: inflated, and cut where the binary tensors begin.
struct RequestBody {
    private enum Form {
        /// JSON, with the raw tensors that follow it; nil when no header announced any.
        case json(ArraySlice<UInt8>, binary: ArraySlice<UInt8>?)
        /// Nothing but the one input's elements.
        case raw(ArraySlice<UInt8>)
        /// One encoded picture.
        case picture(ArraySlice<UInt8>)
    }

    private let form: Form

    /// Whether it is a picture sent by itself.
    var isPicture: Bool { if case .picture = form { true } else { false } }

    init(json: ArraySlice<UInt8>) { form = .json(json, binary: nil) }

    init(_ request: HTTPRequest, inflatedMax: Int) throws(ServingError) {
        let body = try Self.inflated(request, max: inflatedMax)
        if request.headers["content-type"]?.lowercased().hasPrefix("image/") == true {
            form = .picture(body)
            return
        }
        guard let text = request.headers["inference-header-content-length"] else {
            form = .json(body, binary: nil)
            return
        }
        // Of the inflated body; clients compress what they have put together.
        guard let length = Int(text), (0...body.count).contains(length) else {
            throw .badRequest(
                "Inference-Header-Content-Length is '\(text)'; expected a whole number from 0 to the body's \(body.count) bytes"
            )
        }
        form = length == 0 ? .raw(body) : .json(body.prefix(length), binary: body.dropFirst(length))
    }

    static func inflated(_ request: HTTPRequest, max: Int) throws(ServingError) -> ArraySlice<UInt8> {
        guard let name = request.headers["content-encoding"]?.lowercased(), name != "identity", !name.isEmpty
        else {
            return request.body
        }
        guard let coding = ContentCoding(rawValue: name) else {
            throw ServingError(
                status: 415,
                "Content-Encoding '\(name)' is not supported; send gzip, deflate or none"
            )
        }
        do throws(InflationError) {
            return try coding.inflate(request.body, limit: max)[...]
        } catch {
            if case .tooLarge = error { throw ServingError(status: 413, error.description) }
            throw .badRequest(error.description)
        }
    }

    func inferenceRequest(
        inputs: [TensorSpecification],
        outputs: [TensorSpecification],
        pictures: PictureInput?
    ) throws(ServingError) -> InferenceRequest {
        switch form {
        case .picture(let file):
            guard inputs.count == 1 else {
                throw .badRequest(
                    "the model has \(inputs.count) inputs; send the picture as BYTES in a JSON request with all of them"
                )
            }
            return InferenceRequest(
                inputs: [Tensor(.bytes, shape: [1], .strings([Array(file)]))],
                outputs: outputs.indices.map { .init(index: $0) }
            )
        case .raw(let bytes): return try rawRequest(bytes, inputs, outputs)
        case .json(let json, let binary):
            var reader = InferenceRequestReader(
                inputs: inputs,
                outputs: outputs,
                pictures: pictures,
                bodySize: json.count + (binary?.count ?? 0),
                binary: binary
            )
            return try reader.read(json)
        }
    }

    /// A raw binary request: one input, whose shape is the model's with a batch of 1.
    private func rawRequest(
        _ bytes: ArraySlice<UInt8>,
        _ inputs: [TensorSpecification],
        _ outputs: [TensorSpecification]
    ) throws(ServingError) -> InferenceRequest {
        guard let input = inputs.first, inputs.count == 1 else {
            throw .badRequest(
                "a raw binary request needs a model with one input; this one has \(inputs.count)"
            )
        }
        guard input.shape.dropFirst().allSatisfy({ $0 >= 0 }) else {
            throw .badRequest(
                "input '\(input.name)': its shape \(input.shape) has free axes besides the batch; name them in a JSON header"
            )
        }
        let shape = input.shape.map { $0 == -1 ? 1 : $0 }
        let data: TensorData
        var elements = bytes
        if input.type == .bytes {
            // The whole body is the one string.
            data = TensorData(specification: input, shape: shape, count: shape.reduce(1, *))
            let length = withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) }
            elements = (length + bytes)[...]
        } else {
            // The shape is the model's own; how many bytes it takes is said when the data is read.
            let count = try TensorShape.count(shape, of: input, bytes: .max)
            data = TensorData(specification: input, shape: shape, count: count)
        }
        return InferenceRequest(
            inputs: [try data.read(binary: elements)],
            outputs: outputs.indices.map { .init(index: $0, isBinary: true) }
        )
    }
}
