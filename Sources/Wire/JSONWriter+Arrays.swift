/// Tensors: the inner loops that write megabytes, straight from the tensor's memory.
extension JSONWriter {
    /// Appends floats from their bytes, with commas between them.
    package mutating func floats(_ floats: ArraySlice<UInt8>) {
        // In pages of text, as appending each number by itself costs as much as making it.
        let page = 4096
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: page + Self.floatMax + 1) { text in
            guard let start = text.baseAddress else { return }
            floats.withUnsafeBytes { buffer in
                var filled = 0
                for offset in stride(from: 0, to: buffer.count, by: 4) {
                    if offset > 0 {
                        start[filled] = UInt8(ascii: ",")
                        filled += 1
                    }
                    filled += Self.write(
                        buffer.loadUnaligned(fromByteOffset: offset, as: Float.self),
                        to: start + filled
                    )
                    if filled >= page {
                        raw(UnsafeBufferPointer(start: start, count: filled))
                        filled = 0
                    }
                }
                raw(UnsafeBufferPointer(start: start, count: filled))
            }
        }
    }

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
