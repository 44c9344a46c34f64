/// A dense tensor, row-major.
package struct Tensor: Equatable, Sendable {
    package enum Elements: Equatable, Sendable {
        /// Little-endian elements of a fixed size, one after the other; for booleans a byte each, 0 or 1.
        case raw(ArraySlice<UInt8>)
        /// For `ElementType.bytes`.
        case strings([[UInt8]])
    }

    package let type: ElementType
    /// Length of each axis, none negative; empty for a scalar.
    package let shape: [Int]
    package let elements: Elements

    /// Makes a tensor whose elements fill its shape; traps when they do not, so check input before.
    package init(_ type: ElementType, shape: [Int], _ elements: Elements) {
        self.type = type
        self.shape = shape
        self.elements = elements
        switch elements {
        case .raw(let bytes):
            precondition(bytes.count == type.size.map { $0 * count }, "elements do not fill the shape")
        case .strings(let strings):
            precondition(type == .bytes && strings.count == count, "strings do not fill the shape")
        }
    }

    /// Elements in it: the product of the shape.
    package var count: Int { shape.reduce(1, *) }

    /// Makes a tensor of numbers.
    package init<Number: BitwiseCopyable>(_ type: ElementType, shape: [Int], numbers: [Number]) {
        precondition(MemoryLayout<Number>.size == type.size, "\(Number.self) is not \(type.rawValue)")
        self.init(type, shape: shape, .raw(numbers.withUnsafeBytes { ArraySlice($0) }))
    }

    /// The elements as numbers of the type's size; traps for strings and for another size.
    package func numbers<Number: BitwiseCopyable>(as number: Number.Type) -> [Number] {
        guard case .raw(let bytes) = elements, MemoryLayout<Number>.size == type.size else {
            preconditionFailure("\(type.rawValue) does not hold \(Number.self)")
        }
        return [Number](unsafeUninitializedCapacity: count) { target, count in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
            count = self.count
        }
    }
}

/// What a model says about one of its inputs or outputs.
package struct TensorSpecification: Equatable, Sendable {
    package let name: String
    package let type: ElementType
    /// Length of each axis; -1 where any length goes, as on the batch axis.
    package let shape: [Int]

    package init(name: String, type: ElementType, shape: [Int]) {
        self.name = name
        self.type = type
        self.shape = shape
    }

    /// Whether a shape is one of those described.
    package func admits(_ shape: [Int]) -> Bool {
        shape.count == self.shape.count && zip(shape, self.shape).allSatisfy { $1 == -1 || $0 == $1 }
    }
}
