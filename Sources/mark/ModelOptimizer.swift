import ONNX

/// Optimises models and measures what it brings.
struct ModelOptimizer {
    let runtime: ONNXRuntime
    let threads: Int

    struct Measurement {
        let load: Duration
        let firstRun: Duration
        let nextRun: Duration
        let outputs: [Tensor]

        /// Until a new process has its first answer.
        var answer: Duration { load + firstRun }
    }

    /// Times of loading and running; the shortest of three, as what disturbs only adds.
    func measure(_ path: String, level: SessionOptions.Optimization) throws -> Measurement {
        let runs = try (0..<3).map { _ in try measureOnce(path, level: level) }
        let shortest = { (time: (Measurement) -> Duration) in runs.map(time).min() ?? .zero }
        return Measurement(
            load: shortest(\.load),
            firstRun: shortest(\.firstRun),
            nextRun: shortest(\.nextRun),
            outputs: runs[0].outputs
        )
    }

    private func measureOnce(_ path: String, level: SessionOptions.Optimization) throws -> Measurement {
        var options = SessionOptions()
        options.optimization = level
        options.threads = threads
        let clock = ContinuousClock()
        let start = clock.now
        let session = try Session(model: path, options: options, runtime: runtime)
        let loaded = clock.now
        let inputs = session.inputs.map(Self.example)
        let outputs = try session.run(inputs, outputs: Array(session.outputs.indices))
        let first = clock.now
        _ = try session.run(inputs, outputs: Array(session.outputs.indices))
        return Measurement(
            load: loaded - start,
            firstRun: first - loaded,
            nextRun: clock.now - first,
            outputs: outputs
        )
    }

    /// Writes the model with its graph rewritten and its weights beside it.
    func write(_ path: String, to files: ModelFiles) throws {
        var options = SessionOptions()
        options.optimization = .extended
        options.optimizedModel = .init(path: files.written, weights: files.weightsName)
        _ = try Session(model: path, options: options, runtime: runtime)
    }

    /// Checks that optimising changed nothing but rounding.
    func compare(_ before: Measurement, _ after: Measurement...) throws {
        for measurement in after {
            for (one, other) in zip(before.outputs, measurement.outputs) where !Self.agree(one, other) {
                throw CommandFailure(
                    "the optimised model gives other results; keep the original and report this"
                )
            }
        }
    }

    private static func agree(_ one: Tensor, _ other: Tensor) -> Bool {
        guard one.type == .fp32, one.type == other.type, one.shape == other.shape else { return one == other }
        let (a, b) = (one.numbers(as: Float.self), other.numbers(as: Float.self))
        let largest = a.reduce(0) { max($0, abs($1)) }
        return zip(a, b).allSatisfy { ($0.isNaN && $1.isNaN) || abs($0 - $1) <= 1e-3 * max(largest, 1e-3) }
    }

    /// An input that any model takes: free axes of length 1, numbers between 0 and 1, token 0, no text.
    private static func example(_ input: TensorSpecification) -> Tensor {
        let shape = input.shape.map { $0 < 0 ? 1 : $0 }
        let count = shape.reduce(1, *)
        guard let size = input.type.size else {
            return Tensor(.bytes, shape: shape, .strings([[UInt8]](repeating: [], count: count)))
        }
        switch input.type {
        case .fp32:
            return Tensor(.fp32, shape: shape, numbers: (0..<count).map { Float($0 * 7919 % 1000) / 1000 })
        case .fp64:
            return Tensor(.fp64, shape: shape, numbers: (0..<count).map { Double($0 * 7919 % 1000) / 1000 })
        default:
            return Tensor(input.type, shape: shape, .raw([UInt8](repeating: 0, count: count * size)[...]))
        }
    }
}
