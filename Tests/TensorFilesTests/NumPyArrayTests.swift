import ONNX
import TensorFiles
import Testing

@Suite struct `A NumPy file` {
    private func file(_ head: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
        let count = head.utf8.count
        let length =
            version == 1
            ? [UInt8(count & 255), UInt8(count >> 8)] : [UInt8(count & 255), UInt8(count >> 8), 0, 0]
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(head.utf8) + data
    }

    @Test(arguments: [1, 2] as [UInt8])
    func `is a tensor of its type and shape`(version: UInt8) throws {
        let head = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 1), }\n"
        let array = try NumPyArray(file(head, [1, 0, 255, 255], version: version))
        #expect(array.tensor == Tensor(.int16, shape: [2, 1], numbers: [1, -1] as [Int16]))
    }

    @Test(
        arguments: [
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", [], 4),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", [3], 3),
        ] as [(String, [Int], Int)]
    )
    func `may be a scalar or a vector`(head: String, shape: [Int], bytes: Int) throws {
        #expect(try NumPyArray(file(head, [UInt8](repeating: 0, count: bytes))).tensor.shape == shape)
    }

    @Test(arguments: [
        ("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "type >f4"),
        ("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "column-major"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "does not fit"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", "does not fit"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "shape"), ("{}", "descr"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "type |O"),
    ])
    func `is refused with the reason`(head: String, reason: String) {
        let error = #expect(throws: NumPyError.self) { try NumPyArray(file(head, [0, 0, 0, 0])) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func `that is none is refused`() {
        #expect(throws: NumPyError.notNumPy) { try NumPyArray(Array("hello, this is text".utf8)) }
        #expect(throws: NumPyError.notNumPy) { try NumPyArray([]) }
    }
}
