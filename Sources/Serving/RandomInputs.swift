package import ONNX
import Seeded

/// Inputs for a model that says no more of them than type and shape.
package struct RandomInputs: Equatable, Sendable {
    /// Length of free axes but the batch's.
    package var freeAxis: Int
    /// Whole numbers are drawn from 0 up to but not with this.
    package var integerBound: Int
    package var seed: UInt64

    package init(freeAxis: Int = 16, integerBound: Int = 2, seed: UInt64 = 1) {
        self.freeAxis = freeAxis
        self.integerBound = integerBound
        self.seed = seed
    }

    package func tensors(_ specifications: [TensorSpecification], rows: Int) throws(ServingError) -> [Tensor]
    {
        var generator = SeededGenerator(seed: seed)
        return try specifications.map { specification throws(ServingError) in
            let shape = specification.shape.enumerated().map { axis, length in
                length >= 0 ? length : axis == 0 ? rows : freeAxis
            }
            let count = shape.reduce(1, *)
            return switch specification.type {
            case .fp32:
                Tensor(.fp32, shape: shape, numbers: (0..<count).map { _ in Float(generator.unit()) })
            case .fp64: Tensor(.fp64, shape: shape, numbers: (0..<count).map { _ in generator.unit() })
            case .int64: Tensor(.int64, shape: shape, numbers: integers(count, &generator).map { Int64($0) })
            case .int32:
                Tensor(
                    .int32,
                    shape: shape,
                    numbers: integers(count, &generator).map { Int32(truncatingIfNeeded: $0) }
                )
            case .bytes:
                Tensor(.bytes, shape: shape, .strings(Array(repeating: Array("text".utf8), count: count)))
            case .int8, .int16, .uint8, .uint16, .uint32, .uint64, .bool, .fp16:
                // Zeros are values of all of these.
                Tensor(
                    specification.type,
                    shape: shape,
                    .raw(ArraySlice(repeating: 0, count: count * (specification.type.size ?? 1)))
                )
            }
        }
    }

    private func integers(_ count: Int, _ generator: inout SeededGenerator) -> [Int] {
        (0..<count).map { _ in generator.below(max(1, integerBound)) }
    }
}
