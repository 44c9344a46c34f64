import ONNX
import Wire

/// Reads a tensor's elements, from JSON or from the binary extension, into one allocation of the right size.
struct TensorData {
    let specification: TensorSpecification
    let shape: [Int]
    /// The product of the shape, checked.
    let count: Int

    private var field: String { "input '\(specification.name)'" }

    // MARK: JSON

    /// Reads `data`: the elements in row-major order, flat or nested as the shape is.
    func read(_ reader: inout JSONReader) throws(ServingError) -> Tensor {
        switch specification.type {
        case .fp32: try numbers(Float.self, &reader)
        case .fp64: try numbers(Double.self, &reader)
        case .int8: try numbers(Int8.self, &reader)
        case .int16: try numbers(Int16.self, &reader)
        case .int32: try numbers(Int32.self, &reader)
        case .int64: try numbers(Int64.self, &reader)
        case .uint8: try numbers(UInt8.self, &reader)
        case .uint16: try numbers(UInt16.self, &reader)
        case .uint32: try numbers(UInt32.self, &reader)
        case .uint64: try numbers(UInt64.self, &reader)
        case .bool: try booleans(&reader)
        case .bytes: try strings(&reader)
        case .fp16:
            throw .badRequest("\(field): FP16 cannot be sent as JSON; use the binary tensor extension")
        }
    }

    private func numbers<Number: JSONNumber>(
        _ type: Number.Type,
        _ reader: inout JSONReader
    ) throws(ServingError) -> Tensor {
        var failure: ServingError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count * MemoryLayout<Number>.size) {
            memory,
            filled in
            let target = UnsafeMutableRawBufferPointer(memory).bindMemory(to: Number.self)
            var read = 0
            do throws(ServingError) {
                try nested(&reader, read: &read) { reader, read throws(JSONError) in
                    try reader.readNumbers(into: target, count: &read)
                }
                filled = memory.count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return Tensor(specification.type, shape: shape, .raw(bytes[...]))
    }

    private func booleans(_ reader: inout JSONReader) throws(ServingError) -> Tensor {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        try scalars(&reader) { reader throws(JSONError) in bytes.append(try reader.readBool() ? 1 : 0) }
        return Tensor(.bool, shape: shape, .raw(bytes[...]))
    }

    private func strings(_ reader: inout JSONReader) throws(ServingError) -> Tensor {
        var strings: [[UInt8]] = []
        strings.reserveCapacity(count)
        try scalars(&reader) { reader throws(JSONError) in strings.append(try reader.readString().bytes) }
        return Tensor(.bytes, shape: shape, .strings(strings))
    }

    /// Reads elements one by one with `read`.
    private func scalars(
        _ reader: inout JSONReader,
        _ element: (inout JSONReader) throws(JSONError) -> Void
    ) throws(ServingError) {
        var total = 0
        try nested(&reader, read: &total) { reader, total throws(JSONError) in
            try reader.enterArray()
            while try reader.nextElement() {
                guard total < self.count else {
                    throw JSONError(
                        "more than the \(self.count) elements that the shape holds",
                        at: reader.position
                    )
                }
                try element(&reader)
                total += 1
            }
        }
    }

    /// Finds out whether the data is flat or nested, and reads the innermost arrays with `readRow`.
    private func nested(
        _ reader: inout JSONReader,
        read total: inout Int,
        _ readRow: (inout JSONReader, inout Int) throws(JSONError) -> Void
    ) throws(ServingError) {
        do throws(JSONError) {
            let isNested = try reader.elementKind() == .array
            try rows(&reader, axis: isNested ? 0 : nil, read: &total, readRow)
        } catch {
            throw .badRequest("\(field): data: element \(total): \(error)")
        }
        guard total == count else {
            throw .badRequest("\(field): shape \(shape) holds \(count) elements, data has \(total)")
        }
    }

    private func rows(
        _ reader: inout JSONReader,
        axis: Int?,
        read total: inout Int,
        _ readRow: (inout JSONReader, inout Int) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard let axis else { return try readRow(&reader, &total) }
        let start = reader.position
        guard axis < shape.count else {
            throw JSONError("nested deeper than the shape's \(shape.count) axes", at: start)
        }
        var length = 0
        if axis == shape.count - 1 {
            let before = total
            try readRow(&reader, &total)
            length = total - before
        } else {
            try reader.enterArray()
            while try reader.nextElement() {
                try rows(&reader, axis: axis + 1, read: &total, readRow)
                length += 1
            }
        }
        guard length == shape[axis] else {
            throw JSONError("a list of \(length) where the shape has \(shape[axis])", at: start)
        }
    }

    // MARK: Binary

    /// Takes the elements as they are: little-endian and row-major; strings as a 4-byte length and the bytes.
    func read(binary bytes: ArraySlice<UInt8>) throws(ServingError) -> Tensor {
        guard let size = specification.type.size else {
            return Tensor(.bytes, shape: shape, .strings(try strings(binary: bytes)))
        }
        guard bytes.count == count * size else {
            throw .badRequest(
                "\(field): shape \(shape) of \(specification.type.rawValue) takes \(count * size) bytes, "
                    + "binary data has \(bytes.count)"
            )
        }
        if specification.type == .bool, let wrong = bytes.first(where: { $0 > 1 }) {
            throw .badRequest("\(field): a BOOL is 0 or 1, binary data has \(wrong)")
        }
        return Tensor(specification.type, shape: shape, .raw(aligned(bytes, to: size)))
    }

    /// The engine reads elements where they lie, so an offset that suits no element costs the one copy that we ever
    /// make.
    private func aligned(_ bytes: ArraySlice<UInt8>, to alignment: Int) -> ArraySlice<UInt8> {
        let isAligned = bytes.withUnsafeBytes { Int(bitPattern: $0.baseAddress) % alignment == 0 }
        return isAligned ? bytes : Array(bytes)[...]
    }

    private func strings(binary bytes: ArraySlice<UInt8>) throws(ServingError) -> [[UInt8]] {
        var strings: [[UInt8]] = []
        strings.reserveCapacity(count)
        var rest = bytes
        while strings.count < count {
            guard rest.count >= 4 else {
                throw .badRequest("\(field): binary data ends inside element \(strings.count) of \(count)")
            }
            let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard length <= rest.count else {
                throw .badRequest(
                    "\(field): element \(strings.count) claims \(length) bytes, binary data has \(rest.count) left"
                )
            }
            strings.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        guard rest.isEmpty else {
            throw .badRequest("\(field): \(rest.count) bytes follow the \(count) elements of shape \(shape)")
        }
        return strings
    }
}
