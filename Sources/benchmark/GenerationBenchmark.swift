import Batching
import Serving
import Synchronization
import Threading

/// Texts of each model that makes some: steps that are shared, against one text after the other on the same engine.
struct GenerationBenchmark {
    private static let tokens = 32
    private static let texts = 64
    private static let rounds = 3

    func run(_ report: inout Report) throws {
        Report.progress("texts")
        let repository = try Program.repository()
        for model in repository.all where model.configuration.generation != nil {
            let (shared, single) = (try generator(model, slots: 32), try generator(model, slots: 1))
            let alone = try (0..<Self.rounds).map { _ in try time(single, Self.texts) }
            let together = try (0..<Self.rounds).map { _ in try time(shared, Self.texts) }
            report.add("a text of 32 tokens of \(model.name), one at a time", alone)
            report.add("the same, 32 at once", together, floor: alone)
            let step = (0..<Self.rounds).map { _ in single.policy.step[1] }
            report.add(
                "first token of \(model.name), idle, over a step",
                try firstTokens(shared),
                floor: step
            )
            shared.drain()
            single.drain()
        }
    }

    private func generator(_ model: Model, slots: Int) throws -> Generator {
        var settings = GenerationPlanner.Settings()
        settings.slotsMax = slots
        return try GenerationPlanner(settings, now: { MonotonicClock.now() }).plan(model)
    }

    private func time(_ generator: Generator, _ count: Int) throws -> Duration {
        let left = Atomic<Int>(count)
        let done = Semaphore()
        let start = MonotonicClock.now()
        for seed in 0..<count {
            try submit(generator, seed: UInt64(seed), tokens: Self.tokens) { event in
                guard case .ended = event else { return }
                if left.subtract(1, ordering: .relaxed).newValue == 0 { done.post() }
            }
        }
        done.wait()
        return (MonotonicClock.now() - start) / count
    }

    /// Of texts that come one by one, behind the shortest prompt.
    private func firstTokens(_ generator: Generator) throws -> [Duration] {
        try (0..<20).map { seed in
            let told = Mutex<Duration?>(nil)
            let done = Semaphore()
            let start = MonotonicClock.now()
            try submit(generator, seed: UInt64(seed), tokens: 2) { event in
                told.withLock { $0 = $0 ?? MonotonicClock.now() }
                if case .ended = event { done.post() }
            }
            done.wait()
            return told.withLock { $0 ?? start } - start
        }
    }

    private func submit(
        _ generator: Generator,
        seed: UInt64,
        tokens: Int,
        tell: @escaping @Sendable (GenerationJob.Event) -> Void
    ) throws {
        var sampling = Sampling()
        sampling.topK = 40
        let now = MonotonicClock.now()
        let configuration = generator.model.configuration
        let job = GenerationJob(
            prompt: Array((configuration.start + [65]).prefix(1)),
            tokensMax: tokens,
            sampling: sampling,
            seed: seed,
            arrival: now,
            deadline: now + .seconds(600),
            tell: tell
        )
        _ = try generator.submit(job).get()
    }
}
