import ONNX
import Wire

/// Checks of shapes before a byte is allocated for them.
enum TensorShape {
    /// Axes of a tensor; more than any model has.
    private static let rankMax = 32
    /// The product of all lengths but zeros.
    ///
    /// A zero empties a tensor, and would hide lengths that the engine cannot multiply.
    private static let extentMax = 1 << 31

    /// Reads `"shape": [1, 64]`; refuses anything but whole numbers from 0 on.
    static func read(_ reader: inout JSONReader, input: String) throws(ServingError) -> [Int] {
        do throws(JSONError) {
            var shape: [Int] = []
            try reader.enterArray()
            while try reader.nextElement() {
                let length = try reader.readInteger(Int.self)
                guard length >= 0 else {
                    throw JSONError("a length of \(length); expected 0 or more", at: reader.position)
                }
                guard shape.count < rankMax else {
                    throw JSONError("more than \(rankMax) axes", at: reader.position)
                }
                shape.append(length)
            }
            return shape
        } catch {
            throw .badRequest("input '\(input)': shape: \(error)")
        }
    }

    /// The number of elements, checked against the model and against what a body of `bytes` bytes can hold.
    ///
    /// No element takes less than a byte, in JSON or binary, so a shape that claims more is refused at once.
    static func count(
        _ shape: [Int],
        of specification: TensorSpecification,
        bytes: Int
    ) throws(ServingError) -> Int {
        guard specification.admits(shape) else {
            throw .badRequest(
                "input '\(specification.name)': shape \(shape) does not fit the model's \(specification.shape)"
            )
        }
        var extent = 1
        for length in shape {
            let (product, overflow) = extent.multipliedReportingOverflow(by: max(length, 1))
            guard !overflow, product <= extentMax else { throw tooLarge(shape, specification, bytes) }
            extent = product
        }
        let count = shape.contains(0) ? 0 : extent
        guard count <= bytes else { throw tooLarge(shape, specification, bytes) }
        return count
    }

    private static func tooLarge(
        _ shape: [Int],
        _ specification: TensorSpecification,
        _ bytes: Int
    ) -> ServingError {
        .badRequest(
            "input '\(specification.name)': shape \(shape) holds more elements than the body's \(bytes) bytes can"
        )
    }
}
