import Seeded

/// A layer with a memory (Hochreiter and Schmidhuber 1997).
///
/// With a forget gate (Gers and others 2000). With I inputs and H units, one step takes x [I], the last output h [H] and the
/// memory c [H]:
///
///     i, f, o = sigmoid(W [x; h] + b)     what to let in, what to keep, what to show   [H] each
///     g       = tanh(W [x; h] + b)        what is new                                  [H]
///     c'      = f * c + i * g             the memory                                   [H]
///     h'      = o * tanh(c')              the output                                   [H]
package struct LSTM: Equatable, Sendable {
    package struct State: Equatable, Sendable {
        // [H]
        package var h: [Double]
        // [H]
        package var c: [Double]

        package init(units: Int) {
            h = Array(repeating: 0, count: units)
            c = Array(repeating: 0, count: units)
        }
    }

    /// What a step has seen and made, for the way back.
    package struct Trace: Sendable {
        /// [I + H]: x and the h before.
        var seen: [Double]
        /// [4 H]: i, f, g, o, after their functions.
        var gates: [Double]
        /// [H]: the memory before.
        var before: [Double]
        /// [H]: tanh of the memory after.
        var shown: [Double]
    }

    package let inputs: Int
    package let units: Int
    /// [(I + H) x 4 H], then the bias [4 H]: the weights of one input lie together.
    package var weights: [Double]

    init(inputs: Int, units: Int, generator: inout SeededGenerator) {
        self.inputs = inputs
        self.units = units
        let bound = (3.0 / Double(inputs + units)).squareRoot()
        weights = (0..<((inputs + units) * 4 * units)).map { _ in (2 * generator.unit() - 1) * bound }
        // A forget gate that is open at first lets gradients pass (Jozefowicz et al. 2015).
        weights += (0..<(4 * units)).map { $0 / units == 1 ? 1 : 0 }
    }

    package init(inputs: Int, units: Int, weights: [Double]) {
        self.inputs = inputs
        self.units = units
        self.weights = weights
    }

    /// One step forward.
    package func step(_ x: [Double], _ state: inout State) -> Trace {
        let H = units
        var trace = Trace(seen: x + state.h, gates: [], before: state.c, shown: state.c)
        trace.gates = Array(weights[((inputs + H) * 4 * H)...])  // the bias [4 H]
        trace.gates.withUnsafeMutableBufferPointer { gates in
            weights.withUnsafeBufferPointer { weights in
                for (j, value) in trace.seen.enumerated() {
                    let row = UnsafeBufferPointer(rebasing: weights[(j * 4 * H)..<((j + 1) * 4 * H)])
                    for k in 0..<(4 * H) { gates[k] += value * row[k] }
                }
            }
            for k in 0..<(4 * H) {
                gates[k] = k / H == 2 ? Elementary.tanh(gates[k]) : Elementary.sigmoid(gates[k])
            }
            for k in 0..<H {
                let (i, f, g, o) = (gates[k], gates[H + k], gates[2 * H + k], gates[3 * H + k])
                state.c[k] = f * state.c[k] + i * g
                trace.shown[k] = Elementary.tanh(state.c[k])
                state.h[k] = o * trace.shown[k]
            }
        }
        return trace
    }

    /// One step back.
    ///
    /// - Parameters:
    ///   - loss: slopes of the loss by h and c after the step [H]; replaced by those by h and c before it.
    ///   - gradient: slopes of the loss by the weights, to be added to.
    package func back(_ trace: Trace, _ loss: inout State, gradient: inout [Double]) {
        let H = units
        var slopes = [Double](repeating: 0, count: 4 * H)  // by the gates before their functions [4 H]
        for k in 0..<H {
            let (i, f, g, o) = (
                trace.gates[k], trace.gates[H + k], trace.gates[2 * H + k], trace.gates[3 * H + k]
            )
            let shown = trace.shown[k]
            let dc = loss.c[k] + loss.h[k] * o * (1 - shown * shown)
            slopes[k] = dc * g * i * (1 - i)
            slopes[H + k] = dc * trace.before[k] * f * (1 - f)
            slopes[2 * H + k] = dc * i * (1 - g * g)
            slopes[3 * H + k] = loss.h[k] * shown * o * (1 - o)
            loss.c[k] = dc * f
        }
        gradient.withUnsafeMutableBufferPointer { gradient in
            weights.withUnsafeBufferPointer { weights in
                for (j, value) in trace.seen.enumerated() {
                    let row = (j * 4 * H)..<((j + 1) * 4 * H)
                    let sums = UnsafeMutableBufferPointer(rebasing: gradient[row])
                    for k in 0..<(4 * H) { sums[k] += value * slopes[k] }
                    if j >= inputs {
                        loss.h[j - inputs] = Self.dot(UnsafeBufferPointer(rebasing: weights[row]), slopes)
                    }
                }
                let bias = (inputs + H) * 4 * H
                for k in 0..<(4 * H) { gradient[bias + k] += slopes[k] }
            }
        }
    }

    /// Four sums side by side, so that the processor's vectors are used and the order is still fixed.
    private static func dot(_ a: UnsafeBufferPointer<Double>, _ b: [Double]) -> Double {
        var sums = SIMD4<Double>.zero
        for k in stride(from: 0, to: a.count, by: 4) {
            let left = SIMD4<Double>(a[k], a[k + 1], a[k + 2], a[k + 3])
            let right = SIMD4<Double>(b[k], b[k + 1], b[k + 2], b[k + 3])
            sums += left * right
        }
        return sums.sum()
    }
}
