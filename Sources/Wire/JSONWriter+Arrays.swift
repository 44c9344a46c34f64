/// Tensors: the inner loops that write megabytes, straight from the tensor's memory.
extension JSONWriter {
    /// Appends numbers from their bytes, with commas between them.
    package mutating func numbers<Number: BinaryFloatingPoint & LosslessStringConvertible & BitwiseCopyable>(
        _ bytes: ArraySlice<UInt8>,
        as type: Number.Type
    ) {
        bytes.withUnsafeBytes { buffer in
            list(0..<buffer.count / MemoryLayout<Number>.size) { writer, index in
                let offset = index * MemoryLayout<Number>.size
                writer.number(buffer.loadUnaligned(fromByteOffset: offset, as: Number.self))
            }
        }
    }

    /// Appends integers from their bytes, with commas between them.
    package mutating func integers<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: ArraySlice<UInt8>,
        as type: Integer.Type
    ) {
        bytes.withUnsafeBytes { buffer in
            list(0..<buffer.count / MemoryLayout<Integer>.size) { writer, index in
                let offset = index * MemoryLayout<Integer>.size
                writer.integer(buffer.loadUnaligned(fromByteOffset: offset, as: Integer.self))
            }
        }
    }
}
