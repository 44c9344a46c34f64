import Glibc
import ONNX
import Serving
import TestKit
import Testing
import Threading
import Wire

@Suite struct `The language model of the starter` {
    private static let samples = "../template/models/scripture/samples/"

    private func model() throws -> Model {
        try Fixtures.repository(Fixtures.starterModels).model("scripture", version: nil)
    }

    private func figures() throws -> JSON {
        try JSON(parsing: Array(Fixtures.text(Self.samples + "figures.json").utf8))
    }

    @Test func `predicts held-out text as well as is said of it`() throws {
        let session = try model().session()
        let text = Array(try Fixtures.text(Self.samples + "heldout.txt").utf8)
        let hidden = try #require(session.inputs.first { $0.name == "h" }?.shape.last)
        let zeros = Tensor(.fp32, shape: [1, hidden], numbers: [Float](repeating: 0, count: hidden))
        var states = (zeros, zeros)
        var bits = 0.0
        var last = 256
        for byte in text {
            let token = Tensor(.int64, shape: [1, 1], numbers: [Int64(last)])
            let outputs = try session.run([token, states.0, states.1], outputs: [0, 1, 2])
            states = (outputs[1], outputs[2])
            bits -= Self.logProbability(of: Int(byte), outputs[0].numbers(as: Float.self))
            last = Int(byte)
        }
        let said = try #require(try figures()["sample_bits_per_byte"]?.doubleValue)
        // Another processor adds in another order.
        #expect(abs(bits / Double(text.count) - said) < 0.002)
    }

    /// Longer contexts, which a table knows by heart in a text that repeats itself, beat it; the figures say so.
    @Test func `beats five-grams`() throws {
        let figures = try figures()
        let network = try #require(figures["bits_per_byte"]?.doubleValue)
        let baseline = try #require(figures["n_gram_bits_per_byte"]?["5"]?.doubleValue)
        #expect(network < baseline - 0.05)
    }

    @Test(.timeLimit(.minutes(5))) func `writes words`() throws {
        let generator = try GenerationPlanner(.init(), now: { MonotonicClock.now() }).plan(model())
        defer { generator.drain() }
        var sampling = Sampling()
        sampling.temperature = 0
        let told = Told()
        let now = MonotonicClock.now()
        let job = GenerationJob(
            prompt: try generator.model.prompt("And the LORD said unto Mo"),
            tokensMax: 8,
            sampling: sampling,
            seed: 1,
            arrival: now,
            deadline: now + .seconds(60)
        ) { told.take($0) }
        _ = try generator.submit(job).get()
        #expect(told.text.hasPrefix("ses"))
    }

    /// Base 2.
    private static func logProbability(of token: Int, _ logits: [Float]) -> Double {
        let most = Double(logits.max() ?? 0)
        let sum = logits.reduce(0.0) { $0 + exp(Double($1) - most) }
        return (Double(logits[token]) - most - log(sum)) / log(2)
    }
}
