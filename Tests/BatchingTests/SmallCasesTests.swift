import Batching
import Testing

/// Every story of four requests on a grid, held against the best that somebody who knows the future could do.
@Suite struct `All stories of four requests` {
    private struct Story {
        let policy: BatchingPolicy
        let requests: [QueuedRequest]
    }

    /// 27 ways to come x 16 choices of deadlines x 3 shapes of t(b) x 2 counts of executors.
    private static func stories(_ price: BatchingPolicy.Price) throws -> [Story] {
        let shapes: [(Int) -> Int] = [{ _ in 5 }, { 3 + 2 * $0 }, { 5 * $0 }]
        var stories: [Story] = []
        for shape in shapes {
            for executors in 1...2 {
                let policy = try BatchingPolicy(
                    profile: LatencyProfile((1...4).map { ($0, .milliseconds(shape($0))) }),
                    slo: .milliseconds(20),
                    margin: .zero,
                    executors: executors,
                    price: price,
                    target: 0.9999
                )
                for gaps in 0..<27 {
                    for deadlines in 0..<16 {
                        stories.append(Story(policy: policy, requests: requests(gaps, deadlines)))
                    }
                }
            }
        }
        return stories
    }

    private static func requests(_ gaps: Int, _ deadlines: Int) -> [QueuedRequest] {
        var (gaps, arrival) = (gaps, Duration.zero)
        return (0..<4).map { index in
            if index > 0 {
                arrival += .milliseconds([0, 1, 4][gaps % 3])
                gaps /= 3
            }
            let allowed = Duration.milliseconds(deadlines >> index & 1 == 0 ? 20 : 11)
            return QueuedRequest(id: UInt64(index), arrival: arrival, deadline: arrival + allowed)
        }
    }

    /// How many are served; nil when anybody admitted was not, or late.
    private static func served(_ story: Story) -> Int? {
        var backend = Backend(story.policy)
        for request in story.requests { backend.arrive(request) }
        backend.settle()
        var served = 0
        for request in story.requests {
            guard let outcomes = backend.outcomes[request.id], outcomes.count == 1 else { return nil }
            switch outcomes[0] {
            case .served(let end) where end <= request.deadline: served += 1
            case .refused: break
            default: return nil
            }
        }
        return served
    }

    /// The most that any order of any batches serves in time.
    private static func most(_ story: Story, _ waiting: [QueuedRequest], _ free: [Duration]) -> Int {
        guard !waiting.isEmpty, let executor = free.indices.min(by: { free[$0] < free[$1] }) else { return 0 }
        var most = 0
        for choice in 1..<(1 << waiting.count) {
            let batch = waiting.indices.filter { choice >> $0 & 1 == 1 }.map { waiting[$0] }
            let start = max(free[executor], batch.map(\.arrival).max() ?? .zero)
            let end = start + story.policy.profile[batch.count]
            guard batch.allSatisfy({ end <= $0.deadline }) else { continue }
            var next = free
            next[executor] = end
            let rest = waiting.filter { request in !batch.contains(request) }
            most = max(most, batch.count + Self.most(story, rest, next))
        }
        return most
    }

    @Test(arguments: [BatchingPolicy.Price.sunk, .metered])
    func `end as promised, and serve nearly as many as could be`(price: BatchingPolicy.Price) throws {
        var (served, possible) = (0, 0)
        for story in try Self.stories(price) {
            let count = try #require(Self.served(story), "\(story.requests)")
            let most = Self.most(
                story,
                story.requests,
                Array(repeating: .zero, count: story.policy.executors)
            )
            #expect(count <= most && count >= min(1, most), "\(story.requests)")
            served += count
            possible += most
        }
        #expect(Double(served) >= 0.95 * Double(possible), "\(served) of \(possible)")
    }
}
