/// Adam (Kingma and Ba 2015): each weight's step is as long as its slope is steady.
package struct Adam: Sendable {
    private var mean: [Double]
    private var square: [Double]
    private var steps = 0.0
    private let meanDecay = 0.9
    private let squareDecay = 0.999

    package init(count: Int) {
        mean = Array(repeating: 0, count: count)
        square = mean
    }

    package mutating func update(_ weights: inout [Double], gradient: [Double], rate: Double) {
        steps += 1
        // 1 - decay^steps, without a power function.
        let meanBias = 1 - Elementary.exp(steps * Elementary.log(meanDecay))
        let squareBias = 1 - Elementary.exp(steps * Elementary.log(squareDecay))
        for k in weights.indices {
            mean[k] += (1 - meanDecay) * (gradient[k] - mean[k])
            square[k] += (1 - squareDecay) * (gradient[k] * gradient[k] - square[k])
            weights[k] -= rate * (mean[k] / meanBias) / ((square[k] / squareBias).squareRoot() + 1e-8)
        }
    }
}
