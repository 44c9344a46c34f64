import Batching
import Seeded
import TestKit
import Testing

@Suite struct `A latency profile` {
    @Test(arguments: [
        // What was measured, and t(1) to t(8) in milliseconds.
        ([1: 10, 2: 12, 4: 16, 8: 24], [10, 12, 14, 16, 18, 20, 22, 24]),
        ([8: 24, 1: 10], [10, 12, 14, 16, 18, 20, 22, 24]),
        ([4: 10, 8: 14], [10, 10, 10, 10, 11, 12, 13, 14]),
        ([1: 10, 2: 8, 4: 12, 8: 11], [10, 10, 10, 12, 12, 12, 12, 12]),
        ([1: 5], [5, 10, 15, 20, 25, 30, 35, 40]),
    ])
    func `is linear between what was measured, and never decreases`(measured: [Int: Int], expected: [Int])
        throws
    {
        let profile = try LatencyProfile(measured.map { ($0.key, .milliseconds($0.value)) })
        #expect((1...8).map { profile[$0] } == expected.map { .milliseconds($0) })
    }

    @Test(arguments: [
        ([(0, 5)], "batch size is 0; expected 1 to 65536"),
        ([(1, 0)], "the latency of batch size 1 is 0.0 seconds; expected more than 0"),
        ([(2, 5), (2, 6)], "batch size 2 is there twice; keep one of them"),
        ([], "the profile has no batch size; measure one with `mark profile`"),
    ])
    func `is refused with a remedy when it makes no sense`(points: [(Int, Int)], text: String) {
        #expect {
            try LatencyProfile(points.map { ($0.0, .milliseconds($0.1)) })
        } throws: {
            "\($0)" == text
        }
    }

    @Test func `never decreases, whatever was measured`() {
        let failure = firstFailure(of: 0..<300) { generator in
            var points: [Int: Duration] = [:]
            for _ in 0...generator.below(8) {
                points[1 + generator.below(64)] = .microseconds(1 + generator.below(100_000))
            }
            guard let profile = try? LatencyProfile(points.map { ($0.key, $0.value) }) else { return false }
            return (1..<200).allSatisfy { profile[$0] <= profile[$0 + 1] }
        }
        #expect(failure == nil)
    }
}
