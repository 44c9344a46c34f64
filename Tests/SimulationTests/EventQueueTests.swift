import Seeded
import Simulation
import TestKit
import Testing

@Suite struct `A queue of events` {
    @Test func `gives them by time, then rank, then the order of scheduling`() {
        let failure = firstFailure(of: 0..<200) { generator in
            var queue = EventQueue<Int>()
            var expected: [(at: Int64, rank: UInt8, event: Int)] = []
            for event in 0..<(1 + generator.below(200)) {
                let (at, rank) = (Int64(generator.below(20)), UInt8(generator.below(3)))
                queue.schedule(event, at: at, rank: rank)
                expected.append((at, rank, event))
            }
            expected.sort { ($0.at, $0.rank, $0.event) < ($1.at, $1.rank, $1.event) }
            let happened = expected.map { _ in (event: queue.pop(), at: queue.now) }
            return queue.count == 0 && queue.next == .max
                && zip(happened, expected).allSatisfy { $0.event == $1.event && $0.at == $1.at }
        }
        #expect(failure == nil)
    }

    @Test func `takes no event for the past`() async {
        await #expect(processExitsWith: .failure) {
            var queue = EventQueue<Int>()
            queue.schedule(1, at: 2)
            _ = queue.pop()
            queue.schedule(2, at: 1)
        }
    }
}
