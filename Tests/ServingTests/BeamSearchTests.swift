import Glibc
import Seeded
import Serving
import Testing

/// A model whose scores are a function of the text so far, so that all of its texts can be listed.
private struct SmallModel {
    let vocabulary: Int
    let logits: @Sendable ([Int]) -> [Float]

    /// Other scores after each text, the same for the same seed.
    static func random(_ vocabulary: Int, seed: UInt64) -> SmallModel {
        SmallModel(vocabulary: vocabulary) { text in
            let number = text.reduce(1) { $0 &* 31 &+ UInt64($1) + 1 }
            var generator = SeededGenerator(seed: seed &* 1_000_003 &+ number)
            return (0..<vocabulary).map { _ in Float(generator.unit() * 6 - 3) }
        }
    }

    func logProbabilities(after text: [Int]) -> [Double] {
        let logits = logits(text).map(Double.init)
        let sum = log(logits.map { exp($0) }.reduce(0, +))
        return logits.map { $0 - sum }
    }

    /// All texts that end with 0 or have the longest length, with their log-probabilities.
    func texts(_ lengthMax: Int, after text: [Int] = [], at logProbability: Double = 0) -> [([Int], Double)] {
        if text.last == 0 || text.count == lengthMax { return [(text, logProbability)] }
        let next = logProbabilities(after: text)
        return (0..<vocabulary).flatMap {
            texts(lengthMax, after: text + [$0], at: logProbability + next[$0])
        }
    }

    func greedy(_ lengthMax: Int) -> [Int] {
        var text: [Int] = []
        while text.last != 0, text.count < lengthMax {
            let next = logits(text)
            text.append(next.firstIndex(of: next.max() ?? 0) ?? 0)
        }
        return text
    }

    /// The search, as an engine goes through it; rows are kept by what the search says of them, not by its own texts.
    func search(width: Int, lengthMax: Int, lengthPenalty: Double = 1) -> (BeamSearch, rows: [Int]) {
        var search = BeamSearch(
            width: width,
            ends: [0],
            lengthMax: lengthMax,
            lengthPenalty: lengthPenalty
        )
        var states: [[Int]] = [[]]
        var rows: [Int] = []
        while !search.isOver {
            rows.append(states.count)
            let next = search.advance(states.flatMap(logits))
            states = next.map { states[$0.parent] + [$0.token] }
            #expect(states == search.open.map(\.tokens))
        }
        return (search, rows)
    }
}

@Suite struct `Beam search` {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `of width 1 is greedy decoding`(seed: UInt64) {
        let model = SmallModel.random(5, seed: seed)
        let (search, _) = model.search(width: 1, lengthMax: 12)
        #expect(search.best?.tokens == model.greedy(12))
    }

    @Test(arguments: 0..<100 as Range<UInt64>, [0, 0.7, 1, 2])
    func `finds the best text where it is wide enough for all`(seed: UInt64, penalty: Double) throws {
        // 3 + 6 + 12 texts of which never more than 8 less the ended compete before the last step.
        let model = SmallModel.random(3, seed: seed)
        let (search, _) = model.search(width: 8, lengthMax: 3, lengthPenalty: penalty)
        let scores = model.texts(3).map { (text: $0, score: $1 / pow(Double($0.count), penalty)) }
        let best = try #require(scores.max { $0.score < $1.score })
        #expect(search.best?.tokens == best.text)
    }

    @Test func `finds a likely text behind an unlikely beginning`() {
        // 1 seems best at first (0.6), but what follows it is anything; after 2 (0.4) the end is sure.
        let model = SmallModel(vocabulary: 4) { text in
            switch text.first {
            case nil: [-20, log(0.6), log(0.4), -20]
            case 2: [0, -20, -20, -20]
            default: text.count == 1 ? [0, 0, 0, 0] : [0, -20, -20, -20]
            }
        }
        #expect(model.search(width: 1, lengthMax: 4, lengthPenalty: 0).0.best?.tokens == [1, 0])
        #expect(model.search(width: 2, lengthMax: 4, lengthPenalty: 0).0.best?.tokens == [2, 0])
    }

    @Test func `favours a longer text by its length penalty`() {
        // The end at once has 0.4; three tokens have 0.6 · 0.8 · 0.8 = 0.384, more of it by token.
        let model = SmallModel(vocabulary: 2) { text in
            switch text.count {
            case 0: [log(0.4), log(0.6)]
            case 1: [log(0.2), log(0.8)]
            default: [log(0.8), log(0.2)]
            }
        }
        #expect(model.search(width: 2, lengthMax: 4, lengthPenalty: 0).0.best?.tokens == [0])
        #expect(model.search(width: 2, lengthMax: 4, lengthPenalty: 1).0.best?.tokens == [1, 1, 0])
    }

    @Test func `gives up the place of a text that ended`() {
        // The likeliest text ends at each step, by then the one that came to a 1.
        let model = SmallModel(vocabulary: 5) { text in [text.last ?? 1 == 1 ? 2 : -20, 1, 1, 1, 1] }
        let (search, rows) = model.search(width: 4, lengthMax: 20, lengthPenalty: 2)
        #expect(rows == [1, 3, 2, 1])
        #expect(search.best != nil)
    }

    @Test func `ends when no open text can win`() {
        // After the first token the end has 0.999; the others can only lose.
        let model = SmallModel(vocabulary: 3) { _ in [10, 0, 0] }
        let (search, rows) = model.search(width: 8, lengthMax: 1000, lengthPenalty: 0)
        #expect(search.best?.tokens == [0])
        #expect(rows == [1])
    }

    @Test func `cuts a text that comes to the longest length`() {
        let model = SmallModel(vocabulary: 3) { _ in [-30, 1, 0] }
        #expect(model.search(width: 2, lengthMax: 5).0.best?.tokens == [1, 1, 1, 1, 1])
    }

    @Test func `prefers the earlier text and the lower token among equals`() {
        var search = BeamSearch(width: 3, ends: [0], lengthMax: 9)
        #expect(search.advance([-9, 0, 0, 0, 0]).map(\.token) == [1, 2, 3])
        let next = search.advance((0..<3).flatMap { _ in [-9, 0, 0, 0, 0] as [Float] })
        #expect(next.map(\.parent) == [0, 0, 0])
        #expect(next.map(\.token) == [1, 2, 3])
    }

    @Test(arguments: [1, 4])
    func `never chooses what is not a number`(width: Int) {
        var search = BeamSearch(width: width, ends: [0], lengthMax: 9)
        #expect(search.advance([.nan, -.infinity, 2, .nan]).map(\.token) == [2])
        #expect(search.advance([.nan, .nan, .nan, .nan]) == [])
        #expect(search.isOver && search.best == nil)
    }

    @Test func `has a bound on its width`() async {
        await #expect(processExitsWith: .failure) { _ = BeamSearch(width: 9, ends: [], lengthMax: 1) }
    }
}
