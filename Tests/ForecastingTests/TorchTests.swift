import Forecasting
import TestKit
import Testing

/// What PyTorch computed: see build-scripts/make-lstm-fixture.py.
@Suite struct `The layers, beside PyTorch's,` {
    private let values: [String: [Double]]

    init() throws {
        let text = try Fixtures.text("ForecastingTests/Fixtures/lstm.txt")
        values = try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.reduce(into: [:]) {
            let words = $1.split(separator: " ")
            $0[String(try #require(words.first))] = try words.dropFirst().map { try #require(Double($0)) }
        }
    }

    private func numbers(_ name: String) throws -> [Double] { try #require(values[name]) }

    private func expectEqual(_ ours: [Double], _ name: String) throws {
        let theirs = try numbers(name)
        try #require(ours.count == theirs.count)
        for (index, pair) in zip(ours, theirs).enumerated() {
            #expect(abs(pair.0 - pair.1) < 1e-9, "\(name)[\(index)]")
        }
    }

    @Test func `say the same, and learn the same`() throws {
        let lstm = LSTM(inputs: 3, units: 4, weights: try numbers("lstm"))
        let dense = DenseLayer(inputs: 4, outputs: 2, weights: try numbers("dense"))
        let x = try numbers("x")
        var state = LSTM.State(units: 4)
        var steps: [(trace: LSTM.Trace, h: [Double])] = []
        for step in 0..<6 {
            let trace = lstm.step(Array(x[(3 * step)..<(3 * step + 3)]), &state)
            steps.append((trace, state.h))
        }
        try expectEqual(steps.flatMap(\.h), "h")
        try expectEqual(state.c, "c")
        try expectEqual(steps.flatMap { dense($0.h) }, "y")

        var gradient = [Double](repeating: 0, count: lstm.weights.count)
        var denseGradient = [Double](repeating: 0, count: dense.weights.count)
        var loss = LSTM.State(units: 4)
        for step in steps.reversed() {
            // The loss is the sum of all outputs.
            let slopes = dense.back(step.h, [1, 1], gradient: &denseGradient)
            for unit in slopes.indices { loss.h[unit] += slopes[unit] }
            lstm.back(step.trace, &loss, gradient: &gradient)
        }
        try expectEqual(gradient, "lstm_gradient")
        try expectEqual(denseGradient, "dense_gradient")
    }
}
