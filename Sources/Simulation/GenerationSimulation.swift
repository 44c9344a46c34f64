package import Batching
import Seeded

/// Texts on one machine, made by the production scheduler while the clock is simulated: how many come in time, and how soon they begin.
package struct GenerationSimulation {
    /// The requests: Poisson arrivals of texts of equal prompts and lengths drawn from a range.
    package struct Load: Equatable, Sendable {
        /// Requests per second.
        package var rate: Double
        package var count: Int
        package var promptTokens = 4
        /// Tokens that texts have.
        package var lengths: ClosedRange<Int>
        /// Tokens that callers allow; nil for exactly as many as the text has.
        package var tokensMax: Int?
        /// From arrival to the text's end.
        package var within: Duration

        package init(rate: Double, count: Int, lengths: ClosedRange<Int>, within: Duration) {
            self.rate = rate
            self.count = count
            self.lengths = lengths
            self.within = within
        }
    }

    package struct Result: Equatable, Sendable {
        package let counts: GenerationCounts
        /// Texts complete in time, per second.
        package let goodput: Double
        /// From arrivals to first tokens, ascending.
        package let firstTokens: [Duration]
        /// Texts in a step, as a mean.
        package let textsPerStep: Double

        /// The time within which this share of the first tokens came.
        package func firstToken(_ share: Double) -> Duration {
            firstTokens.isEmpty ? .zero : firstTokens[Int(Double(firstTokens.count - 1) * share)]
        }
    }

    private struct Text {
        let length: Int
        let arrival: Duration
        let deadline: Duration
        var made = 0
    }

    private let policy: GenerationPolicy
    private let load: Load
    private var scheduler: GenerationScheduler
    private var generator: SeededGenerator
    private var texts: [UInt64: Text] = [:]
    private var firstTokens: [Duration] = []
    private var inTime = 0
    private var now = Duration.zero

    package init(_ policy: GenerationPolicy, _ load: Load, seed: UInt64) {
        self.policy = policy
        self.load = load
        scheduler = GenerationScheduler(policy)
        generator = SeededGenerator(seed: seed)
    }

    /// Plays all requests to their ends; the same seed gives the same result.
    package mutating func run() -> Result {
        var arrival = Duration.zero
        for id in 1...UInt64(load.count) {
            arrival += gap()
            while now < arrival, turn() {}
            now = max(now, arrival)
            arrive(id, arrival)
        }
        while turn() {}
        let counts = scheduler.counts
        let steps = counts.steps.values.reduce(0, +)
        let stepped = counts.steps.reduce(0) { $0 + $1.key * $1.value }
        return Result(
            counts: counts,
            goodput: Double(inTime) / (now / .seconds(1)),
            firstTokens: firstTokens.sorted(),
            textsPerStep: steps > 0 ? Double(stepped) / Double(steps) : 0
        )
    }

    /// An exponential gap, by von Neumann's method of comparing uniform numbers, so that no logarithm of the system's is asked.
    private mutating func gap() -> Duration {
        var whole = 0.0
        while true {
            let first = generator.unit()
            var (last, count) = (first, 1)
            while case let next = generator.unit(), next < last { (last, count) = (next, count + 1) }
            if count % 2 == 1 { return .seconds((whole + first) / load.rate) }
            whole += 1
        }
    }

    private mutating func arrive(_ id: UInt64, _ arrival: Duration) {
        let length = load.lengths.lowerBound + generator.below(load.lengths.count)
        let request = GenerationRequest(
            id: id,
            prompt: load.promptTokens,
            tokensMax: max(length, load.tokensMax ?? length),
            arrival: arrival,
            deadline: arrival + load.within - policy.margin
        )
        guard scheduler.arrive(request, now: now) == nil else { return }
        texts[id] = Text(length: length, arrival: arrival, deadline: arrival + load.within)
    }

    /// Does the next things up to and including a run; false when there is nothing to do.
    private mutating func turn() -> Bool {
        while let action = scheduler.poll(now: now) {
            switch action {
            case .turnAway(let request, _): texts[request.id] = nil
            case .vacate: continue
            case .prompt(let request, let tokens):
                now += policy.prompt[tokens.count]
                let isLast = tokens.upperBound == request.prompt
                scheduler.prompted(ended: isLast && makeToken(request.id), now: now)
                return true
            case .step(let rows):
                now += policy.step[rows.count]
                let ended = rows.map(\.id).filter { makeToken($0) }
                scheduler.stepped(ended: ended, now: now)
                return true
            }
        }
        return false
    }

    /// Whether it was the text's last token.
    private mutating func makeToken(_ id: UInt64) -> Bool {
        guard var text = texts[id] else { return true }
        text.made += 1
        if text.made == 1 { firstTokens.append(now - text.arrival) }
        texts[id] = text.made < text.length ? text : nil
        guard text.made == text.length else { return false }
        if now <= text.deadline { inTime += 1 }
        return true
    }
}
