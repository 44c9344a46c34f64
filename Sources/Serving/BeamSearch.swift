import Glibc

/// Finds a likely text of one request among several that are continued side by side: beam search.
///
/// It begins with one empty text. At each step the model scores what may follow each open text, and of all continuations
/// the likeliest are kept. One that ends leaves with its place in the beam (Sutskever, Vinyals, Le 2014, section 3.2), so a
/// width of 1 is greedy decoding, and the rows that the model computes become fewer. Ended texts compare by log-probability
/// over a power of their length, else the shortest would win (Wu et al. 2016, section 7).
package struct BeamSearch: Sendable {
    /// A text that is being written, or was.
    package struct Hypothesis: Equatable, Sendable {
        /// With the token that ended it.
        package fileprivate(set) var tokens: [Int] = []
        /// Natural logarithm; 0 for the empty text.
        package fileprivate(set) var logProbability = 0.0
    }

    /// How an open text came about.
    package struct Continuation: Equatable, Sendable {
        /// Index, in the order before the step, of the open text that it continues, and whose state it goes on with.
        package let parent: Int
        package let token: Int
    }

    /// Texts that may be open at once.
    package static let widths = 1...8

    /// The open texts, likeliest first: the rows of the next step.
    ///
    /// None once the search is over.
    package private(set) var open = [Hypothesis()]
    /// The best of the texts that ended, or came to the longest length; nil while there is none, and when the search
    /// is over without one, because the model gave no numbers.
    package private(set) var best: Hypothesis?

    /// Texts that may still be open at once: the width, less what has ended.
    package private(set) var places: Int
    private let ends: Set<Int>
    private let lengthMax: Int
    private let lengthPenalty: Double

    /// - Parameters:
    ///   - width: texts that are open at once, of `widths`.
    ///   - ends: tokens that end a text.
    ///   - lengthMax: tokens of a text at most, 1 or more.
    ///   - lengthPenalty: power of the length by which a log-probability is divided, 0 or more; above 1 favours longer texts.
    package init(width: Int, ends: Set<Int>, lengthMax: Int, lengthPenalty: Double = 1) {
        precondition(Self.widths.contains(width), "a beam has 1 to 8 places, not \(width)")
        precondition(lengthMax >= 1, "a text has at least one token, not \(lengthMax)")
        precondition(lengthPenalty >= 0, "a length penalty is 0 or more, not \(lengthPenalty)")
        (places, self.ends, self.lengthMax, self.lengthPenalty) = (width, ends, lengthMax, lengthPenalty)
    }

    /// Whether there is nothing more to compute.
    package var isOver: Bool { open.isEmpty }

    /// The model has scored what follows each open text.
    ///
    /// - Parameter logits: [open texts, vocabulary], not normalised; what is not a number is never chosen.
    /// - Returns: The texts that are open now, in the order of `open`; none ends the search.
    package mutating func advance(_ logits: some RandomAccessCollection<Float>) -> [Continuation] {
        precondition(!open.isEmpty && logits.count % open.count == 0, "scores of whole rows are needed")
        var continued: [Hypothesis] = []
        var continuations: [Continuation] = []
        for candidate in likeliest(logits) {
            var hypothesis = open[candidate.parent]
            hypothesis.tokens.append(candidate.token)
            hypothesis.logProbability = candidate.logProbability
            if ends.contains(candidate.token) || hypothesis.tokens.count == lengthMax {
                end(hypothesis)
            } else {
                continued.append(hypothesis)
                continuations.append(Continuation(parent: candidate.parent, token: candidate.token))
            }
        }
        guard canImprove(continued) else {
            open = []
            return []
        }
        open = continued
        return continuations
    }

    private mutating func end(_ hypothesis: Hypothesis) {
        places -= 1
        if let best, score(best) >= score(hypothesis) { return }
        best = hypothesis
    }

    /// Log-probability by length.
    private func score(_ hypothesis: Hypothesis) -> Double {
        bound(hypothesis, length: hypothesis.tokens.count)
    }

    private func bound(_ hypothesis: Hypothesis, length: Int) -> Double {
        hypothesis.logProbability / pow(Double(length), lengthPenalty)
    }

    /// Whether an open text may still beat the best one.
    ///
    /// Each further token costs log-probability; the most that a longer text can gain is the division by the longest length.
    private func canImprove(_ open: [Hypothesis]) -> Bool {
        guard let best, let first = open.first else { return !open.isEmpty }
        // The best may be at -2.1 over 7 tokens, -0.3 each: one open at -40 comes to -0.42 over 96, the longest, and cannot win.
        return bound(first, length: lengthMax) > score(best)
    }

    // MARK: Choice

    private struct Candidate {
        let parent: Int
        let token: Int
        let logProbability: Double
    }

    /// As many continuations as there are places, likeliest first; ties go to the earlier text and the lower token.
    private func likeliest<Logits: RandomAccessCollection<Float>>(_ logits: Logits) -> [Candidate] {
        let width = logits.count / open.count
        var kept: [Candidate] = []
        for (parent, hypothesis) in open.enumerated() {
            let row = logits.dropFirst(parent * width).prefix(width)
            let base = hypothesis.logProbability - Self.logSum(row)
            for (token, logit) in row.enumerated() {
                let value = base + Double(logit)
                guard value.isFinite, kept.count < places || value > kept[kept.count - 1].logProbability
                else {
                    continue
                }
                let place = kept.firstIndex { value > $0.logProbability } ?? kept.count
                kept.insert(Candidate(parent: parent, token: token, logProbability: value), at: place)
                if kept.count > places { kept.removeLast() }
            }
        }
        return kept
    }

    /// Logarithm of the sum of the exponentials, by which logits become log-probabilities.
    private static func logSum(_ row: some Sequence<Float>) -> Double {
        var largest = -Float.infinity
        for logit in row where logit > largest { largest = logit }
        var sum = 0.0
        for logit in row where !logit.isNaN { sum += exp(Double(logit - largest)) }
        return Double(largest) + log(sum)
    }
}
