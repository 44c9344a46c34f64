import Glibc
import Seeded

/// How the next token is chosen from a model's logits.
package struct Sampling: Equatable, Sendable {
    /// What logits are divided by; 0 always takes the likeliest token.
    package var temperature = 1.0
    /// Only this many of the likeliest tokens are drawn from (Fan, Lewis and Dauphin 2018); nil for all.
    package var topK: Int?
    /// Only the fewest tokens that together have this probability are drawn from (Holtzman and others 2020); 1 for all.
    package var topP = 1.0

    package init() {}
}

/// Draws the tokens of one text.
///
/// Its numbers come from its own seed, so they do not depend on who shares its steps.
package struct TokenSampler: Sendable {
    private let sampling: Sampling
    private var generator: SeededGenerator

    package init(_ sampling: Sampling, seed: UInt64) {
        self.sampling = sampling
        generator = SeededGenerator(seed: seed)
    }

    /// The next token for logits [V]; of equally likely ones the first.
    ///
    /// A NaN is never chosen while there is a number.
    package mutating func next(_ logits: UnsafeBufferPointer<Float>) -> Int {
        let best = Self.likeliest(logits)
        guard sampling.temperature > 0, sampling.topK != 1, logits[best].isFinite else { return best }
        let number = generator.unit()
        if let topK = sampling.topK, topK < logits.count {
            let likely = Self.likeliest(logits, topK).map { ($0, weight(logits[$0], best: logits[best])) }
            return draw(from: nucleus(likely), number)
        }
        let weights = logits.map { weight($0, best: logits[best]) }
        return sampling.topP < 1
            ? draw(from: nucleus(likely(weights)), number) : draw(from: weights, number)
    }

    private static func likeliest(_ logits: UnsafeBufferPointer<Float>) -> Int {
        var best = 0
        for token in logits.indices where logits[token] > logits[best] || logits[best].isNaN { best = token }
        return best
    }

    /// The likeliest so many tokens, from the likeliest down.
    private static func likeliest(_ logits: UnsafeBufferPointer<Float>, _ count: Int) -> [Int] {
        // Nearly every token is below the last of them, so the list hardly moves.
        var tokens: [Int] = []
        tokens.reserveCapacity(count + 1)
        var least = -Float.infinity
        for token in logits.indices where tokens.count < count || logits[token] > least {
            guard !logits[token].isNaN else { continue }
            let place = tokens.firstIndex { logits[$0] < logits[token] } ?? tokens.count
            tokens.insert(token, at: place)
            if tokens.count > count { tokens.removeLast() }
            least = tokens.last.map { logits[$0] } ?? least
        }
        return tokens
    }

    /// A probability but for a factor: at most 1, so that nothing overflows whatever the temperature.
    private func weight(_ logit: Float, best: Float) -> Double {
        let weight = exp(Double(logit - best) / sampling.temperature)
        return weight.isNaN ? 0 : weight
    }

    /// The tokens that top-p may leave, from the likeliest down.
    private func likely(_ weights: [Double]) -> [(token: Int, weight: Double)] {
        // What is rarer than this adds up to less than 1 - topP even if all others were as rare.
        let least = weights.reduce(0, +) * (1 - sampling.topP) / Double(weights.count)
        var likely: [(token: Int, weight: Double)] = []
        for (token, weight) in weights.enumerated() where weight > least { likely.append((token, weight)) }
        likely.sort { ($0.weight, $1.token) > ($1.weight, $0.token) }
        return likely
    }

    /// The fewest of the likeliest that together are likely enough.
    ///
    /// Of the tokens that top-k leaves, as several cuts in a row are understood everywhere; without top-k of all, whose rarest part the
    /// threshold above has taken away already.
    private func nucleus(_ likely: [(token: Int, weight: Double)]) -> [(token: Int, weight: Double)] {
        guard sampling.topP < 1 else { return likely }
        let limit = likely.reduce(0) { $0 + $1.weight } * sampling.topP
        var sum = 0.0
        let count = likely.firstIndex { candidate in
            sum += candidate.weight
            return sum >= limit
        }
        return count.map { Array(likely.prefix($0 + 1)) } ?? likely
    }

    private func draw(from candidates: [(token: Int, weight: Double)], _ number: Double) -> Int {
        var rest = number * candidates.reduce(0) { $0 + $1.weight }
        for candidate in candidates {
            rest -= candidate.weight
            if rest < 0 { return candidate.token }
        }
        return candidates[candidates.count - 1].token
    }

    private func draw(from weights: [Double], _ number: Double) -> Int {
        var rest = number * weights.reduce(0, +)
        var last = 0
        for (token, weight) in weights.enumerated() where weight > 0 {
            last = token
            rest -= weight
            if rest < 0 { return token }
        }
        return last
    }
}
