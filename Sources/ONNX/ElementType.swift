/// The element types of tensors, by their names in the Open Inference Protocol.
package enum ElementType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "UINT8"
    case uint16 = "UINT16"
    case uint32 = "UINT32"
    case uint64 = "UINT64"
    case int8 = "INT8"
    case int16 = "INT16"
    case int32 = "INT32"
    case int64 = "INT64"
    /// Half precision: passed through as two bytes an element, never computed with.
    case fp16 = "FP16"
    case fp32 = "FP32"
    case fp64 = "FP64"
    /// Strings of any bytes.
    case bytes = "BYTES"

    /// Bytes an element takes; nil for strings.
    package var size: Int? {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16, .fp16: 2
        case .uint32, .int32, .fp32: 4
        case .uint64, .int64, .fp64: 8
        case .bytes: nil
        }
    }

    /// ONNX's number for it (TensorProto.DataType).
    var onnxCode: Int32 {
        switch self {
        case .fp32: 1
        case .uint8: 2
        case .int8: 3
        case .uint16: 4
        case .int16: 5
        case .int32: 6
        case .int64: 7
        case .bytes: 8
        case .bool: 9
        case .fp16: 10
        case .fp64: 11
        case .uint32: 12
        case .uint64: 13
        }
    }

    init?(onnxCode: Int32) {
        guard let type = Self.allCases.first(where: { $0.onnxCode == onnxCode }) else { return nil }
        self = type
    }
}
