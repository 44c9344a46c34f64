package import ONNX
import Wire

/// What a model gave, and how to write it as the protocol's answer.
package struct InferenceResponse: Sendable {
    package struct Output: Sendable {
        package let name: String
        package let tensor: Tensor
        package let isBinary: Bool
    }

    package let modelName: String
    package let modelVersion: String
    package let id: String?
    package let outputs: [Output]
    /// The best classes, for answers to pictures; nil for the protocol's own.
    var classes: [PictureAnswer.Class]?

    package init(modelName: String, modelVersion: String, id: String?, outputs: [Output]) {
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.id = id
        self.outputs = outputs
    }

    /// The answer's JSON, and the binary tensors that follow it.
    package func encode() throws(ServingError) -> (json: [UInt8], binary: [UInt8]) {
        var writer = JSONWriter(
            capacity: 256 + 12 * outputs.reduce(0) { $0 + ($1.isBinary ? 0 : $1.tensor.count) }
        )
        var binary: [UInt8] = []
        writer.raw("{\"model_name\":")
        writer.string(modelName)
        writer.raw(",\"model_version\":")
        writer.string(modelVersion)
        if let id {
            writer.raw(",\"id\":")
            writer.string(id)
        }
        writer.raw(",\"outputs\":[")
        for (index, output) in outputs.enumerated() {
            if index > 0 { writer.raw(",") }
            try encode(output, to: &writer, &binary)
        }
        writer.raw("]")
        if let classes { encode(classes, to: &writer) }
        writer.raw("}")
        return (writer.bytes, binary)
    }

    private func encode(_ classes: [PictureAnswer.Class], to writer: inout JSONWriter) {
        writer.raw(",\"classes\":[")
        writer.list(classes) { writer, named in
            writer.raw("{\"label\":")
            writer.string(named.label)
            writer.raw(",\"index\":")
            writer.integer(named.index)
            writer.raw(",\"probability\":")
            writer.float(named.probability)
            writer.raw("}")
        }
        writer.raw("]")
    }

    private func encode(
        _ output: Output,
        to writer: inout JSONWriter,
        _ binary: inout [UInt8]
    ) throws(ServingError) {
        writer.raw("{\"name\":")
        writer.string(output.name)
        writer.raw(",\"datatype\":")
        writer.string(output.tensor.type.rawValue)
        writer.raw(",\"shape\":[")
        writer.list(output.tensor.shape) { $0.integer($1) }
        if output.isBinary {
            let start = binary.count
            output.tensor.appendBinary(to: &binary)
            writer.raw("],\"parameters\":{\"binary_data_size\":")
            writer.integer(binary.count - start)
            writer.raw("}}")
        } else {
            writer.raw("],\"data\":[")
            try output.tensor.appendJSON(to: &writer, output: output.name)
            writer.raw("]}")
        }
    }
}

extension Tensor {
    /// The elements in the form of the binary tensor extension.
    package func appendBinary(to bytes: inout [UInt8]) {
        switch elements {
        case .raw(let raw): bytes += raw
        case .strings(let strings):
            for string in strings {
                withUnsafeBytes(of: UInt32(string.count).littleEndian) { bytes += $0 }
                bytes += string
            }
        }
    }

    /// The elements as a flat list.
    fileprivate func appendJSON(to writer: inout JSONWriter, output: String) throws(ServingError) {
        switch elements {
        case .strings(let strings): try append(strings, to: &writer, output: output)
        case .raw(let raw):
            switch type {
            case .fp32: writer.floats(raw)
            case .fp64: writer.numbers(raw, as: Double.self)
            case .int8: writer.integers(raw, as: Int8.self)
            case .int16: writer.integers(raw, as: Int16.self)
            case .int32: writer.integers(raw, as: Int32.self)
            case .int64: writer.integers(raw, as: Int64.self)
            case .uint8: writer.integers(raw, as: UInt8.self)
            case .uint16: writer.integers(raw, as: UInt16.self)
            case .uint32: writer.integers(raw, as: UInt32.self)
            case .uint64: writer.integers(raw, as: UInt64.self)
            case .bool: writer.list(raw) { $0.bool($1 != 0) }
            case .fp16, .bytes:
                throw .badRequest(
                    "output '\(output)' is \(type.rawValue), which JSON cannot carry; ask for it with the parameter binary_data"
                )
            }
        }
    }

    private func append(
        _ strings: [[UInt8]],
        to writer: inout JSONWriter,
        output: String
    ) throws(ServingError) {
        for (index, string) in strings.enumerated() {
            guard let text = String(validating: string, as: UTF8.self) else {
                throw .badRequest(
                    "output '\(output)': element \(index) is not UTF-8, which JSON cannot carry; "
                        + "ask for it with the parameter binary_data"
                )
            }
            if index > 0 { writer.raw(",") }
            writer.string(text)
        }
    }
}
