/// Batches: tensors one after the other along the first axis.
extension Tensor {
    /// Joins tensors whose types and other axes are the same; traps when they are not, or when there are none.
    package init(joining tensors: [Tensor]) {
        guard let first = tensors.first else { preconditionFailure("no tensors to join") }
        precondition(
            tensors.allSatisfy { $0.type == first.type && $0.shape.dropFirst() == first.shape.dropFirst() },
            "tensors of different types or shapes cannot be joined"
        )
        let rows = tensors.reduce(0) { $0 + ($1.shape.first ?? 0) }
        let shape = [rows] + first.shape.dropFirst()
        switch first.elements {
        case .raw:
            var bytes: [UInt8] = []
            bytes.reserveCapacity(tensors.reduce(0) { $0 + $1.bytes.count })
            for tensor in tensors { bytes += tensor.bytes }
            self.init(first.type, shape: shape, .raw(bytes[...]))
        case .strings: self.init(first.type, shape: shape, .strings(tensors.flatMap(\.strings)))
        }
    }

    /// Some of the rows; numbers share this tensor's memory.
    package func rows(_ range: Range<Int>) -> Tensor {
        let rows = shape.first ?? 0
        precondition(range.upperBound <= rows, "rows \(range) of a tensor with \(rows)")
        let shape = [range.count] + self.shape.dropFirst()
        switch elements {
        case .raw(let bytes):
            let size = rows > 0 ? bytes.count / rows : 0
            let start = bytes.startIndex + range.lowerBound * size
            return Tensor(type, shape: shape, .raw(bytes[start..<(start + range.count * size)]))
        case .strings(let strings):
            let size = rows > 0 ? strings.count / rows : 0
            let part = strings[(range.lowerBound * size)..<(range.upperBound * size)]
            return Tensor(type, shape: shape, .strings(Array(part)))
        }
    }

    private var bytes: ArraySlice<UInt8> { if case .raw(let bytes) = elements { bytes } else { [] } }
    private var strings: [[UInt8]] { if case .strings(let strings) = elements { strings } else { [] } }
}
