import Glibc
import Seeded
import Serving
import Testing

@Suite struct `Choosing tokens` {
    private func sampler(temperature: Double = 1, topK: Int? = nil, topP: Double = 1, seed: UInt64 = 1)
        -> TokenSampler
    {
        var sampling = Sampling()
        sampling.temperature = temperature
        sampling.topK = topK
        sampling.topP = topP
        return TokenSampler(sampling, seed: seed)
    }

    /// How often each token is drawn.
    private func counts(_ sampler: TokenSampler, _ logits: [Float], draws: Int = 20_000) -> [Int] {
        var sampler = sampler
        var counts = [Int](repeating: 0, count: logits.count)
        logits.withUnsafeBufferPointer { logits in
            for _ in 0..<draws { counts[sampler.next(logits)] += 1 }
        }
        return counts
    }

    // Probabilities 0.5, 0.25, 0.125, 0.125.
    private let halves: [Float] = [3, 2, 1, 1].map { $0 * 0.693_147_2 }

    @Test func `without temperature the likeliest is taken, of equal ones the first`() {
        #expect(counts(sampler(temperature: 0), [0, 2, 1], draws: 10) == [0, 10, 0])
        #expect(counts(sampler(temperature: 0), [1, 2, 2], draws: 10) == [0, 10, 0])
        #expect(counts(sampler(topK: 1), [1, 2, 2], draws: 10) == [0, 10, 0])
    }

    @Test func `tokens are drawn as often as they are likely`() {
        let counts = counts(sampler(), halves)
        for (count, share) in zip(counts, [0.5, 0.25, 0.125, 0.125]) {
            #expect(abs(Double(count) / 20_000 - share) < 0.015)
        }
    }

    @Test func `a low temperature sharpens, a high one flattens`() {
        let cold = counts(sampler(temperature: 0.5), halves)
        // Squared: 16/22, 4/22, 1/22, 1/22.
        #expect(abs(Double(cold[0]) / 20_000 - 16.0 / 22) < 0.015)
        let hot = counts(sampler(temperature: 100), halves)
        #expect(abs(Double(hot[3]) / 20_000 - 0.25) < 0.015)
    }

    @Test func `top-k draws from the k likeliest`() {
        let counts = counts(sampler(topK: 2), halves)
        #expect(counts[2] == 0 && counts[3] == 0)
        #expect(abs(Double(counts[0]) / 20_000 - 2.0 / 3) < 0.015)
    }

    @Test func `top-p draws from the fewest that together are likely enough`() {
        #expect(counts(sampler(topP: 0.5), halves)[1...].allSatisfy { $0 == 0 })
        let counts = counts(sampler(topP: 0.7), halves)
        #expect(counts[1] > 0 && counts[2] == 0 && counts[3] == 0)
    }

    @Test func `the same seed draws the same tokens, another one others`() {
        func drawn(_ seed: UInt64) -> [Int] {
            var sampler = sampler(seed: seed)
            return halves.withUnsafeBufferPointer { logits in (0..<50).map { _ in sampler.next(logits) } }
        }
        #expect(drawn(7) == drawn(7))
        #expect(drawn(7) != drawn(8))
    }

    @Test func `logits that are no numbers or have no bound choose something all the same`() {
        #expect(counts(sampler(), [.nan, 1, .nan], draws: 5) == [0, 5, 0])
        #expect(counts(sampler(), [0, .infinity], draws: 5) == [0, 5])
        #expect(counts(sampler(), [-.infinity, 0], draws: 5) == [0, 5])
        #expect(counts(sampler(), [.nan, .nan], draws: 5).reduce(0, +) == 5)
        #expect(counts(sampler(temperature: 1e-300), [1, 2], draws: 5) == [0, 5])
    }

    @Test(arguments: 0..<50)
    func `cutting by a threshold first leaves what sorting everything leaves`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let logits = (0..<(2 + generator.below(60))).map { _ in Float(generator.unit() * 8) }
        let topP = 0.05 + 0.9 * generator.unit()
        let allowed = Self.nucleus(logits, topP)
        let counts = counts(sampler(topP: topP, seed: UInt64(seed)), logits, draws: 300)
        for (token, count) in counts.enumerated() where count > 0 { #expect(allowed.contains(token)) }
    }

    /// The plain way, for comparison.
    private static func nucleus(_ logits: [Float], _ topP: Double) -> Set<Int> {
        let weights = logits.map { exp(Double($0)) }
        let total = weights.reduce(0, +)
        var sum = 0.0
        var allowed: Set<Int> = []
        for token in logits.indices.sorted(by: { logits[$0] > logits[$1] }) {
            allowed.insert(token)
            sum += weights[token]
            if sum >= total * topP * (1 + 1e-9) { break }
        }
        return allowed
    }
}
