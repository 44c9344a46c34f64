import Seeded

/// y = W x + b, with x [I], y [O], W [O x I].
package struct DenseLayer: Equatable, Sendable {
    package let inputs: Int
    package let outputs: Int
    /// [O x I], then the bias [O].
    package var weights: [Double]

    /// Starts as a layer that says 0, so that a network begins as persistence of the level.
    package init(inputs: Int, outputs: Int) {
        self.init(
            inputs: inputs,
            outputs: outputs,
            weights: Array(repeating: 0, count: (inputs + 1) * outputs)
        )
    }

    package init(inputs: Int, outputs: Int, weights: [Double]) {
        self.inputs = inputs
        self.outputs = outputs
        self.weights = weights
    }

    package func callAsFunction(_ x: [Double]) -> [Double] {
        (0..<outputs).map { row in
            var sum = weights[inputs * outputs + row]
            for column in 0..<inputs { sum += weights[row * inputs + column] * x[column] }
            return sum
        }
    }

    /// - Parameter slopes: of the loss by y [O].
    /// - Returns: slopes of the loss by x [I].
    package func back(_ x: [Double], _ slopes: [Double], gradient: inout [Double]) -> [Double] {
        var back = [Double](repeating: 0, count: inputs)
        for row in 0..<outputs where slopes[row] != 0 {
            for column in 0..<inputs {
                gradient[row * inputs + column] += slopes[row] * x[column]
                back[column] += slopes[row] * weights[row * inputs + column]
            }
            gradient[inputs * outputs + row] += slopes[row]
        }
        return back
    }
}
