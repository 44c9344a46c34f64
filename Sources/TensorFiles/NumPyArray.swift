package import ONNX

/// An array as `numpy.save` writes it: format 1 or 2, little-endian, row-major.
///
/// Source: NumPy, "NEP 1: A simple file format for NumPy arrays".
package struct NumPyArray: Equatable, Sendable {
    package let tensor: Tensor

    static let signature: [UInt8] = [0x93] + Array("NUMPY".utf8)

    private static let types: [String: ElementType] = [
        "|b1": .bool, "|u1": .uint8, "|i1": .int8, "<u2": .uint16, "<i2": .int16, "<f2": .fp16,
        "<u4": .uint32,
        "<i4": .int32, "<f4": .fp32, "<u8": .uint64, "<i8": .int64, "<f8": .fp64,
    ]

    package init(_ file: [UInt8]) throws(NumPyError) {
        guard file.starts(with: Self.signature), file.count > 12, (1...2).contains(file[6]) else {
            throw .notNumPy
        }
        let lengthBytes = file[6] == 1 ? 2 : 4
        let length = file[8..<(8 + lengthBytes)].reversed().reduce(0) { $0 << 8 | Int($1) }
        let start = 8 + lengthBytes
        guard file.count >= start + length else { throw .malformed("its head is cut short") }
        let head = String(decoding: file[start..<(start + length)], as: UTF8.self)
        guard let name = Self.value(of: "descr", in: head)?.split(separator: "'").first.map(String.init)
        else {
            throw .malformed("its head has no descr")
        }
        guard let type = Self.types[name], let size = type.size else { throw .unsupported("type \(name)") }
        guard Self.value(of: "fortran_order", in: head)?.hasPrefix("False") == true else {
            throw .unsupported("column-major order")
        }
        let shape = try Self.shape(head)
        let data = file[(start + length)...]
        let (count, overflow) = shape.reduce((1, false)) { result, length in
            let product = result.0.multipliedReportingOverflow(by: length)
            return (product.partialValue, result.1 || product.overflow)
        }
        guard !overflow, count <= data.count, data.count == count * size else {
            throw .malformed(
                "shape \(shape) of \(type.rawValue) does not fit its \(data.count) bytes of data"
            )
        }
        // Rebased, so that the engine finds its elements aligned.
        tensor = Tensor(type, shape: shape, .raw(ArraySlice(Array(data))))
    }

    /// What follows a key in the head, a Python dictionary written as text.
    private static func value(of key: String, in head: String) -> Substring? {
        guard let range = head.firstRange(of: "'\(key)':") else { return nil }
        return head[range.upperBound...].drop { $0 == " " }
    }

    private static func shape(_ head: String) throws(NumPyError) -> [Int] {
        guard let text = value(of: "shape", in: head), text.first == "(" else {
            throw .malformed("its head has no shape")
        }
        let numbers = text.dropFirst().prefix { $0 != ")" }.split(separator: ",").map {
            $0.filter { $0 != " " }
        }
        let shape = numbers.filter { !$0.isEmpty }.compactMap { Int($0) }
        guard shape.count == numbers.count(where: { !$0.isEmpty }), shape.allSatisfy({ $0 >= 0 }) else {
            throw .malformed("its shape is \(text.prefix(40))")
        }
        return shape
    }
}

/// Why a file is no array that can be sent.
package enum NumPyError: Error, Equatable, CustomStringConvertible {
    case notNumPy
    case malformed(String)
    case unsupported(String)

    package var description: String {
        switch self {
        case .notNumPy: "no NumPy file of format 1 or 2; write it with numpy.save"
        case .malformed(let what): "malformed NumPy file: \(what)"
        case .unsupported(let what):
            "NumPy files with \(what) are not supported; save numpy.ascontiguousarray(a) of a numeric type"
        }
    }
}
