package import Seeded

/// The LSTM forecaster: an LSTM that lives with the series, one step a minute, and a linear layer that reads its output
/// and the inputs of the minute.
///
/// MArk (section 4.4) runs an LSTM over a window of past rates for each forecast. This one keeps its memory from minute to minute: a
/// forecast costs one step, and each minute of a training sequence teaches something.
package struct LoadNetwork: Equatable, Sendable {
    package var lstm: LSTM
    package var head: DenseLayer
    package let scaling: RobustScaling

    package init(scaling: RobustScaling, units: Int, outputs: Int, generator: inout SeededGenerator) {
        self.scaling = scaling
        lstm = LSTM(inputs: scaling.columns.count, units: units, generator: &generator)
        head = DenseLayer(inputs: units + scaling.columns.count, outputs: outputs)
    }

    package init(scaling: RobustScaling, lstm: LSTM, head: DenseLayer) {
        (self.scaling, self.lstm, self.head) = (scaling, lstm, head)
    }

    /// The next minute.
    ///
    /// - Parameter inputs: scaled.
    /// - Returns: log loads relative to the level, one a target.
    package func step(_ inputs: [Double], _ state: inout LSTM.State) -> [Double] {
        _ = lstm.step(inputs, &state)
        return head(state.h + inputs)
    }

    /// The loss over a stretch of minutes, and its slopes by all weights.
    ///
    /// - Parameters:
    ///   - inputs: of each minute, scaled.
    ///   - targets: of each minute what should have been said.
    ///   - levels: the quantile of each target.
    ///   - state: the memory before the stretch; the one after it is left.
    /// - Returns: the sum of the pinball losses.
    package func learn(
        _ inputs: ArraySlice<[Double]>,
        _ targets: ArraySlice<[Double]>,
        levels: [Double],
        state: inout LSTM.State,
        gradient: inout Gradient
    ) -> Double {
        var loss = 0.0
        var traces: [LSTM.Trace] = []
        var slopes: [[Double]] = []  // by each minute's output [T][O]
        var outputs: [[Double]] = []  // of the LSTM [T][H]
        for (x, y) in zip(inputs, targets) {
            traces.append(lstm.step(x, &state))
            outputs.append(state.h)
            let said = head(state.h + x)
            slopes.append(
                levels.indices.map { o in
                    let miss = y[o] - said[o]
                    loss += miss > 0 ? levels[o] * miss : (levels[o] - 1) * miss
                    return miss > 0 ? -levels[o] : 1 - levels[o]
                }
            )
        }
        var back = LSTM.State(units: lstm.units)
        for t in traces.indices.reversed() {
            let x = inputs[inputs.startIndex + t]
            let byHead = head.back(outputs[t] + x, slopes[t], gradient: &gradient.head)
            for k in 0..<lstm.units { back.h[k] += byHead[k] }
            lstm.back(traces[t], &back, gradient: &gradient.lstm)
        }
        return loss
    }

    package struct Gradient: Sendable {
        package var lstm: [Double]
        package var head: [Double]

        package init(_ network: LoadNetwork) {
            lstm = Array(repeating: 0, count: network.lstm.weights.count)
            head = Array(repeating: 0, count: network.head.weights.count)
        }

        /// Divides by the count of minutes and bounds the length, so that one surge does not undo what was learnt.
        mutating func normalize(by count: Int, lengthMax: Double) {
            let squares = lstm.reduce(0) { $0 + $1 * $1 } + head.reduce(0) { $0 + $1 * $1 }
            let length = squares.squareRoot() / Double(count)
            let scale = min(1, lengthMax / max(length, 1e-12)) / Double(count)
            for k in lstm.indices { lstm[k] *= scale }
            for k in head.indices { head[k] *= scale }
        }
    }
}
