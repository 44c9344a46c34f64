package import ONNX

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
        var state = seed
        return try specifications.map { specification throws(ServingError) in
            let shape = specification.shape.enumerated().map { axis, length in
                length >= 0 ? length : axis == 0 ? rows : freeAxis
            }
            let count = shape.reduce(1, *)
            return switch specification.type {
            case .fp32:
                Tensor(.fp32, shape: shape, numbers: (0..<count).map { _ in Float(Self.unit(&state)) })
            case .fp64: Tensor(.fp64, shape: shape, numbers: (0..<count).map { _ in Self.unit(&state) })
            case .int64: Tensor(.int64, shape: shape, numbers: integers(count, &state).map { Int64($0) })
            case .int32:
                Tensor(
                    .int32,
                    shape: shape,
                    numbers: integers(count, &state).map { Int32(truncatingIfNeeded: $0) }
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

    private func integers(_ count: Int, _ state: inout UInt64) -> [Int] {
        (0..<count).map { _ in Int(Self.next(&state) % UInt64(max(1, integerBound))) }
    }

    private static func unit(_ state: inout UInt64) -> Double {
        Double(next(&state) >> 11) / 9_007_199_254_740_992
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private static func next(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
