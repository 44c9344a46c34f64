/// How an optimised model is best loaded, written into the model itself.
///
/// A model file is a protobuf message, and protobuf reads a message with a field appended as if it had been there
/// all along. So
/// `mark optimize` appends one metadata entry, `mark.optimization`, and whoever loads the model finds it at the file's end
/// without parsing megabytes. Any other ONNX tool sees an ordinary model.
package enum LoadingHint {
    private static let key = "mark.optimization"

    /// The bytes to append to a model for a level.
    package static func encoded(_ level: SessionOptions.Optimization) -> [UInt8] {
        // StringStringEntryProto: key is field 1, value is field 2; ModelProto: metadata_props is field 14.
        let entry = field(1, Array(key.utf8)) + field(2, Array(level.name.utf8))
        return field(14, entry)
    }

    /// The level that a model's last bytes name; nil for a model that was not optimised.
    package static func decoded(fromEnd bytes: [UInt8]) -> SessionOptions.Optimization? {
        SessionOptions.Optimization.allCases.first {
            bytes.suffix(encoded($0).count).elementsEqual(encoded($0))
        }
    }

    /// More bytes than any hint has.
    package static let length = 64

    /// A length-delimited field shorter than 128 bytes.
    private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(bytes.count)] + bytes
    }
}
