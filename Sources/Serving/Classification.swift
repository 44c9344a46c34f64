import ONNX

/// The classification extension: names the best classes instead of giving every score.
struct Classification {
    /// How many classes to name.
    let classes: Int
    /// Their names by index; what has none is named by its index alone.
    let labels: [String]

    /// BYTES `[batch, k]` of `<score>:<index>[:<label>]`, best first; ties go to the lower index.
    ///
    /// The first axis is the batch, all others together are the classes; k is at most their number.
    func apply(to tensor: Tensor, output: String) throws(ServingError) -> Tensor {
        switch tensor.type {
        case .fp32: named(tensor, Float.self)
        case .fp64: named(tensor, Double.self)
        case .int8: named(tensor, Int8.self)
        case .int16: named(tensor, Int16.self)
        case .int32: named(tensor, Int32.self)
        case .int64: named(tensor, Int64.self)
        case .uint8: named(tensor, UInt8.self)
        case .uint16: named(tensor, UInt16.self)
        case .uint32: named(tensor, UInt32.self)
        case .uint64: named(tensor, UInt64.self)
        case .bool, .fp16, .bytes:
            throw .badRequest("output '\(output)' is \(tensor.type.rawValue); classification needs numbers")
        }
    }

    private func named<Number: Comparable & BitwiseCopyable & CustomStringConvertible>(
        _ tensor: Tensor,
        _ type: Number.Type
    ) -> Tensor {
        let scores = tensor.numbers(as: Number.self)
        let batch = tensor.shape.count > 1 ? tensor.shape[0] : 1
        let width = batch > 0 ? scores.count / batch : 0
        let k = min(classes, width)
        let strings = (0..<batch).flatMap { row in
            best(k, scores[(row * width)..<((row + 1) * width)]).map { index, score in
                let label = labels.indices.contains(index) ? ":\(labels[index])" : ""
                return Array("\(score):\(index)\(label)".utf8)
            }
        }
        return Tensor(.bytes, shape: tensor.shape.count > 1 ? [batch, k] : [k], .strings(strings))
    }

    private func best<Number: Comparable>(
        _ k: Int,
        _ scores: ArraySlice<Number>
    ) -> [(index: Int, score: Number)] {
        let ranked = scores.enumerated().sorted { one, other in
            one.element == other.element ? one.offset < other.offset : one.element > other.element
        }
        return ranked.prefix(k).map { ($0.offset, $0.element) }
    }
}
