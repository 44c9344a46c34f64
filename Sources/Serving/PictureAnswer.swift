import Glibc
import ONNX
import Wire

/// What is answered to a picture sent by itself: the best classes, as the protocol's classification and as plain members.
struct PictureAnswer {
    /// A class that the model may have seen.
    struct Class: Equatable {
        let index: Int
        let label: String
        let probability: Float
    }

    /// How many classes to name.
    let top: Int

    private static let topDefault = 5
    private static let header = "x-top-classes"

    /// By `?top=` or the header `X-Top-Classes`.
    init(_ request: HTTPRequest) throws(ServingError) {
        guard let text = request.parameter("top").map(String.init) ?? request.headers[Self.header] else {
            top = Self.topDefault
            return
        }
        guard let top = Int(text), top > 0 else {
            throw .badRequest("top is '\(cropped(text, to: 64))'; expected a whole number from 1 on")
        }
        self.top = top
    }

    /// The output whose classes are named: the first with labels, else the first that has a list of scores; nil for none.
    static func output(of session: Session, _ configuration: ModelConfiguration) -> Int? {
        let indices = session.outputs.indices.filter { index in
            let output = session.outputs[index]
            return output.type == .fp32 && (output.shape.count == 2 || output.shape.count == 1)
        }
        return indices.first { configuration.labels[session.outputs[$0].name] != nil } ?? indices.first
    }

    /// Logits as probabilities: each row's exponentials, divided by their sum.
    static func softmax(_ tensor: Tensor) -> Tensor {
        let values = tensor.numbers(as: Float.self)
        let width = max(1, tensor.shape.last ?? 1)
        var probabilities: [Float] = []
        for row in stride(from: 0, to: values.count, by: width) {
            let logits = values[row..<(row + width)]
            // The largest becomes e^0, so that none overflows.
            let largest = logits.max() ?? 0
            let exponentials = logits.map { expf($0 - largest) }
            let sum = exponentials.reduce(0, +)
            probabilities += exponentials.map { $0 / sum }
        }
        return Tensor(.fp32, shape: tensor.shape, numbers: probabilities)
    }

    /// The best classes of the first row, best first; ties go to the lower index.
    func classes(_ tensor: Tensor, labels: [String]) -> [Class] {
        let width = tensor.shape.last ?? 0
        let ranked = tensor.numbers(as: Float.self).prefix(width).enumerated().sorted { one, other in
            one.element == other.element ? one.offset < other.offset : one.element > other.element
        }
        return ranked.prefix(top).map { index, probability in
            Class(
                index: index,
                label: labels.indices.contains(index) ? labels[index] : String(index),
                probability: probability
            )
        }
    }
}
