import Batching
import ONNX
import Serving
import TestKit
import Testing
import Threading
import Wire

@Suite(.timeLimit(.minutes(5))) struct `Making texts` {
    private func job(
        _ generator: Generator,
        _ prompt: String,
        tokens: Int = 40,
        temperature: Double = 1,
        seed: UInt64 = 1,
        stops: [String] = [],
        within: Duration = .seconds(60),
        to told: Told
    ) throws -> GenerationJob {
        var sampling = Sampling()
        sampling.temperature = temperature
        let now = MonotonicClock.now()
        return GenerationJob(
            prompt: try generator.model.prompt(prompt),
            tokensMax: tokens,
            sampling: sampling,
            seed: seed,
            stops: stops,
            arrival: now,
            deadline: now + within
        ) { told.take($0) }
    }

    private func text(_ generator: Generator, _ prompt: String, seed: UInt64, stops: [String] = []) throws
        -> String
    {
        let told = Told()
        _ = try generator.submit(job(generator, prompt, seed: seed, stops: stops, to: told)).get()
        return told.text
    }

    /// The plain way: one token after the other from the model itself, every tensor copied.
    private func reference(_ prompt: String, seed: UInt64, tokens: Int = 40) throws -> String {
        let session = try Fixtures.repository().model("writer", version: nil).session()
        let vocabulary = try #require(
            try Fixtures.repository().model("writer", version: nil).configuration.generation
        )
        .vocabulary
        var sampler = TokenSampler(Sampling(), seed: seed)
        var state = [Float](repeating: 0, count: 12)
        var cell = state
        var next = [0] + (try vocabulary.tokens(prompt))
        var text: [UInt8] = []
        for _ in 0..<tokens {
            var logits: [Float] = []
            for token in next {
                let outputs = try session.run(
                    [
                        Tensor(.int64, shape: [1, 1], numbers: [Int64(token)]),
                        Tensor(.fp32, shape: [1, 12], numbers: state),
                        Tensor(.fp32, shape: [1, 12], numbers: cell),
                    ],
                    outputs: [0, 1, 2]
                )
                logits = outputs[0].numbers(as: Float.self)
                state = outputs[1].numbers(as: Float.self)
                cell = outputs[2].numbers(as: Float.self)
            }
            let token = logits.withUnsafeBufferPointer { sampler.next($0) }
            if token == 1 { break }
            text += vocabulary.bytes(of: token)
            next = [token]
        }
        return String(decoding: text, as: UTF8.self)
    }

    @Test func `a text is what the model itself gives, token by token`() throws {
        let generator = try Fixtures.generator("writer")
        defer { generator.drain() }
        for seed in 1...5 {
            let expected = try reference("the sea", seed: UInt64(seed))
            #expect(try text(generator, "the sea", seed: UInt64(seed)) == expected)
        }
    }

    @Test func `the same seed gives the same text, whoever shares its steps`() throws {
        let generator = try Fixtures.generator("writer")
        defer { generator.drain() }
        let prompts = ["a", "some words before", String(repeating: "long ", count: 40), "\u{e9}"]
        let alone = try (0..<24).map { try text(generator, prompts[$0 % 4], seed: UInt64($0)) }
        let all = (0..<24).map { _ in Told() }
        for (number, told) in all.enumerated() {
            _ = try generator.submit(job(generator, prompts[number % 4], seed: UInt64(number), to: told))
                .get()
        }
        #expect(all.map(\.text) == alone)
        let steps = generator.report.counts.steps
        #expect(steps.keys.contains { $0 > 1 }, "no two texts shared a step: \(steps)")
    }

    @Test func `a text ends with the model's own end, or where it is long enough`() throws {
        let generator = try Fixtures.generator("writer")
        defer { generator.drain() }
        var reasons: Set<GenerationJob.Reason> = []
        for seed in 1...20 {
            let told = Told()
            _ = try generator.submit(job(generator, "x", tokens: 12, seed: UInt64(seed), to: told)).get()
            guard case .completed(let reason, let tokens) = told.ending else {
                Issue.record("not complete")
                continue
            }
            #expect(reason == .stop || tokens == 12)
            reasons.insert(reason)
        }
        #expect(reasons == [.stop, .length])
    }

    @Test func `a stop string ends it before that`() throws {
        let generator = try Fixtures.generator("writer")
        defer { generator.drain() }
        let whole = try reference("x", seed: 3)
        let stop = String(whole.dropFirst(2).prefix(2))
        let expected = whole.firstRange(of: stop).map { String(whole[..<$0.lowerBound]) }
        #expect(try text(generator, "x", seed: 3, stops: [stop]) == expected)
    }

    @Test func `an encoder reads the prompt, and its memory stays with the text`() throws {
        let generator = try Fixtures.generator("counter")
        defer { generator.drain() }
        let words = ["banana", "mississippi", "abcabcab", "zz y", "banana", "queue"]
        let all = words.map { _ in Told() }
        for (word, told) in zip(words, all) {
            _ = try generator.submit(job(generator, word, temperature: 0, to: told)).get()
        }
        #expect(all.map(\.text) == ["anb", "ispm", "abc", "zy ", "anb", "euq"])
    }

    @Test func `who goes away is told nothing more, and others go on`() throws {
        let generator = try Fixtures.generator("writer", slotsMax: 1)
        defer { generator.drain() }
        let (gone, other) = (Told(), Told())
        let id = try generator.submit(job(generator, "a", tokens: 100, seed: 2, to: gone)).get()
        _ = try generator.submit(job(generator, "a", seed: 5, to: other)).get()
        generator.cancel(id)
        // There is one place, so that it was free again.
        #expect(other.text == (try reference("a", seed: 5)))
    }

    @Test func `what cannot be in time is refused at once`() throws {
        let generator = try Fixtures.generator("writer")
        let told = Told()
        let result = generator.submit(try job(generator, "a", within: .nanoseconds(1), to: told))
        #expect(throws: Refusal.self) { try result.get() }
        generator.drain()
        let late = generator.submit(try job(generator, "a", to: told))
        guard case .failure(let refusal) = late else {
            Issue.record("admitted though it drains")
            return
        }
        #expect(refusal.reason == .draining)
    }

    @Test func `what was admitted before the end is made`() throws {
        let generator = try Fixtures.generator("writer", slotsMax: 2)
        let all = (0..<8).map { _ in Told() }
        for (number, told) in all.enumerated() {
            _ = try generator.submit(job(generator, "a", seed: UInt64(number), to: told)).get()
        }
        generator.drain()
        for (number, told) in all.enumerated() {
            #expect(told.text == (try reference("a", seed: UInt64(number))))
        }
    }

    @Test func `a model whose configuration does not fit its graph says what does not`() throws {
        let session = try Fixtures.repository().model("writer", version: nil).session()
        func failure(_ change: (inout GenerationConfiguration) -> Void) -> String? {
            var configuration = GenerationConfiguration()
            configuration.states = ["h": "h_out", "c": "c_out"]
            change(&configuration)
            do throws(ServingError) {
                _ = try GenerationModel(configuration, session) { _ throws(ServingError) in session }
                return nil
            } catch { return error.description }
        }
        #expect(failure { _ in } == nil)
        #expect(failure { $0.states["d"] = "d_out" }?.contains("'d'") == true)
        #expect(failure { $0.states["c"] = nil }?.contains("'c' is in none") == true)
        #expect(failure { $0.states["c"] = "logits" }?.contains("cannot") != true)
        #expect(failure { $0.logits = "scores" }?.contains("'scores'") == true)
        #expect(failure { $0.end = [30] }?.contains("token 30") == true)
    }
}
