import Batching
import Seeded
import Testing

@Suite struct `Two choices` {
    @Test(arguments: [2, 3, 7])
    func `fall on all backends alike`(count: Int) throws {
        var generator = SeededGenerator(seed: 1)
        var pairs = [Int](repeating: 0, count: count * count)
        for _ in 0..<10_000 {
            let choice = try #require(TwoChoices(of: count, draw: generator.next()) { Double($0) })
            let second = try #require(choice.second)
            // Of two the sooner one, which here has the lower number.
            #expect(choice.first < second)
            pairs[choice.first * count + second] += 1
        }
        let expected = 20_000 / (count * (count - 1))
        #expect(pairs.filter { $0 > 0 }.count == count * (count - 1) / 2)
        #expect(pairs.allSatisfy { $0 == 0 || abs($0 - expected) < expected / 5 })
    }

    @Test func `try the backend first that would answer sooner`() {
        for draw in [UInt64(0), .max, 0x8000_0000_0000_0000] {
            let choice = TwoChoices(of: 2, draw: draw) { [3.0, 1.0][$0] }
            #expect(choice?.first == 1 && choice?.second == 0)
        }
    }

    @Test func `are one of one, and none of none`() {
        let alone = TwoChoices(of: 1, draw: 42) { _ in 1 }
        #expect(alone?.first == 0 && alone?.second == nil)
        #expect(TwoChoices(of: 0, draw: 42) { _ in 1 } == nil)
    }
}
