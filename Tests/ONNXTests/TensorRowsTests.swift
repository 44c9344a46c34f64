import ONNX
import Seeded
import TestKit
import Testing

@Suite struct `Tensors of a batch` {
    @Test func `come apart as they were joined`() {
        let failure = firstFailure(of: 0..<200) { generator in
            let width = generator.below(4)
            var parts: [Tensor] = []
            for _ in 0...generator.below(5) {
                let rows = generator.below(4)
                let numbers = (0..<(rows * width)).map { _ in Int32(generator.below(1000)) }
                parts.append(Tensor(.int32, shape: [rows, width], numbers: numbers))
            }
            let joined = Tensor(joining: parts)
            var row = 0
            return parts.allSatisfy { part in
                defer { row += part.shape[0] }
                return joined.rows(row..<(row + part.shape[0])) == part
            }
        }
        #expect(failure == nil)
    }

    @Test func `may hold strings`() {
        let one = Tensor(.bytes, shape: [1, 2], .strings([[1], [2]]))
        let two = Tensor(.bytes, shape: [2, 2], .strings([[3], [4], [5], []]))
        let joined = Tensor(joining: [one, two])
        #expect(joined.shape == [3, 2])
        #expect(joined.rows(0..<1) == one && joined.rows(1..<3) == two)
    }

    @Test func `must fit together`() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor(joining: [
                Tensor(.fp32, shape: [1, 2], numbers: [Float](repeating: 0, count: 2)),
                Tensor(.fp32, shape: [1, 3], numbers: [Float](repeating: 0, count: 3)),
            ])
        }
    }
}
