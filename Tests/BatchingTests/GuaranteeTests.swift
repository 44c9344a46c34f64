import Batching
import TestKit
import Seeded
import Testing

/// The laws of a backend, on stories drawn wide: kinds of events are switched off at random, the others weighted wildly.
@Suite struct `Whatever happens, a backend` {
    /// A backend's story: its policy, and what came when.
    private struct Story {
        let policy: BatchingPolicy
        var requests: [QueuedRequest] = []
        /// Requests whose callers leave, by the number of the request after which they do.
        var cancellations: [Int: UInt64] = [:]

        init(_ generator: inout SeededGenerator, hasDeadlinesOfItsOwn: Bool = true) throws {
            policy = try Self.policy(&generator)
            let count = 1 + generator.below(120)
            let pace = [0.05, 0.5, 1, 3][generator.below(4)]
            let rowsMax = generator.below(3) == 0 ? 1 + generator.below(2 * policy.sizeCap) : 1
            let (varies, cancels) = (hasDeadlinesOfItsOwn && generator.below(2) == 0, generator.below(3) == 0)
            let priorities = generator.below(3) == 0 ? 3 : 1
            let gap =
                (policy.profile[policy.sizeCap] / .seconds(1)) / Double(policy.sizeCap * policy.executors)
                / pace
            var now = Duration.zero
            for id in 0..<UInt64(count) {
                switch generator.below(6) {
                case 0: break  // Many at the same instant.
                case 1: now += policy.slo * generator.unit()
                default: now += generator.exponential(mean: gap)
                }
                let allowed = varies ? policy.slo * (0.2 + 3 * generator.unit()) : policy.slo
                requests.append(
                    QueuedRequest(
                        id: id,
                        rows: 1 + generator.below(rowsMax),
                        arrival: now,
                        deadline: now + allowed - policy.margin,
                        priority: generator.below(priorities)
                    )
                )
                if cancels, generator.below(4) == 0 {
                    cancellations[Int(id)] = UInt64(generator.below(Int(id) + 1))
                }
            }
        }

        private static func policy(_ generator: inout SeededGenerator) throws -> BatchingPolicy {
            let sizeMax = [1, 1 + generator.below(4), 32][generator.below(3)]
            let start = 1 + generator.below(20_000)
            // Flat, linear, or neither.
            let slope = [0, 1 + generator.below(5000), start][generator.below(3)]
            let points = (1...sizeMax).map { ($0, Duration.microseconds(start + slope * ($0 - 1))) }
            let alone = points[0].1
            let slo = alone * (1.2 + [0.1, 3, 40][generator.below(3)] * generator.unit())
            return try BatchingPolicy(
                profile: LatencyProfile(points),
                slo: slo,
                margin: alone * 0.1,
                executors: 1 + generator.below(4),
                price: generator.below(3) == 0 ? .metered : .sunk,
                // Such a small budget that nothing is dropped early to save the rest.
                target: 0.9999
            )
        }

        func play(_ backend: inout Backend) {
            for (index, request) in requests.enumerated() {
                backend.arrive(request)
                if let id = cancellations[index] { backend.cancel(id) }
            }
            backend.settle()
        }
    }

    private func admitted(_ outcomes: [Backend.Outcome]?) -> Bool {
        if case .refused = outcomes?.first { false } else { true }
    }

    @Test func `serves in time what it has admitted, with batches as fast as the profile says`() throws {
        let failure = try firstFailure(of: 0..<1500) { generator in
            let story = try Story(&generator)
            var backend = Backend(story.policy)
            story.play(&backend)
            return story.requests.allSatisfy { request in
                switch backend.outcomes[request.id]?.first {
                case .served(let end): end <= request.deadline
                case .refused, .cancelled: true
                case .turnedAway(let reason): reason == .displaced
                case .failed, nil: false
                }
            }
        }
        #expect(failure == nil)
    }

    @Test func `serves in time what it has admitted, with jitter within the margin`() throws {
        let failure = try firstFailure(of: 0..<1500) { generator in
            let story = try Story(&generator)
            var jitter = generator
            // Some runs are faster, and each ends within the profile's time.
            var backend = Backend(story.policy) {
                story.policy.profile[$0.rows] * (0.7 + 0.3 * jitter.unit())
            }
            story.play(&backend)
            return story.requests.allSatisfy { request in
                guard case .served(let end) = backend.outcomes[request.id]?.first else { return true }
                return end <= request.deadline + story.policy.margin
            }
        }
        #expect(failure == nil)
    }

    @Test func `ends every request once, also when batches fail and profiles lie`() throws {
        let failure = try firstFailure(of: 0..<1500) { generator in
            let story = try Story(&generator)
            var chance = generator
            let lie = [0.1, 1, 4][generator.below(3)]
            let failing = [0, 3, 10][generator.below(3)]
            var backend = Backend(
                story.policy,
                fails: { _ in failing > 0 && chance.below(10) < failing },
                time: { story.policy.profile[$0.rows] * lie }
            )
            story.play(&backend)
            let counts = backend.bouncer.counts
            let refused = counts.refused.values.reduce(0, +)
            return story.requests.allSatisfy { backend.outcomes[$0.id]?.count == 1 }
                && counts.admitted + refused == story.requests.count && backend.bouncer.isIdle
        }
        #expect(failure == nil)
    }

    @Test func `keeps batches within their limits`() throws {
        let failure = try firstFailure(of: 0..<1000) { generator in
            let story = try Story(&generator)
            var backend = Backend(story.policy)
            story.play(&backend)
            return backend.batches.allSatisfy { batch in
                batch.rows == batch.requests.reduce(0) { $0 + $1.rows }
                    && (batch.rows <= story.policy.sizeCap || batch.requests.count == 1)
                    && batch.executor < story.policy.executors
            }
        }
        #expect(failure == nil)
    }

    @Test func `takes requests with the same deadline in the order in which they came`() throws {
        let failure = try firstFailure(of: 0..<500) { generator in
            let story = try Story(&generator, hasDeadlinesOfItsOwn: false)
            var backend = Backend(story.policy)
            story.play(&backend)
            let order = backend.batches.flatMap { $0.requests.map(\.id) }
            return order == order.sorted()
        }
        #expect(failure == nil)
    }

    @Test func `displaces nobody for a request that is not more important`() throws {
        let failure = try firstFailure(of: 0..<1000) { generator in
            let story = try Story(&generator)
            var backend = Backend(story.policy)
            story.play(&backend)
            let most = story.requests.map(\.priority).min() ?? 0
            return story.requests.allSatisfy { request in
                backend.outcomes[request.id] != [.turnedAway(.displaced)] || request.priority > most
            }
        }
        #expect(failure == nil)
    }

    @Test func `tells the same story twice`() throws {
        for seed in UInt64(0)..<100 {
            var generator = SeededGenerator(seed: seed)
            let story = try Story(&generator)
            var (one, other) = (Backend(story.policy), Backend(story.policy))
            story.play(&one)
            story.play(&other)
            #expect(one.batches == other.batches && one.outcomes == other.outcomes)
        }
    }

    @Test func `never lets an executor idle while it has work that keeps up, if idling saves nothing`() throws
    {
        let failure = try firstFailure(of: 0..<500) { generator in
            let story = try Story(&generator)
            guard story.policy.price == .sunk, story.policy.sizeCap == 1 else { return true }
            var backend = Backend(story.policy)
            for request in story.requests {
                backend.arrive(request)
                let batcher = backend.bouncer.batcher
                if batcher.idleExecutors != nil, !batcher.queue.isEmpty { return false }
            }
            return true
        }
        #expect(failure == nil)
    }

    @Test func `is empty after a drain, with everything admitted served or turned away`() throws {
        let failure = try firstFailure(of: 0..<500) { generator in
            let story = try Story(&generator)
            var backend = Backend(story.policy)
            let end = generator.below(story.requests.count)
            for (index, request) in story.requests.enumerated() {
                if index == end { backend.drain() }
                backend.arrive(request)
            }
            backend.settle()
            let late = story.requests.dropFirst(end).allSatisfy {
                backend.outcomes[$0.id] == [.refused(.draining)]
            }
            return late && backend.bouncer.isIdle
                && story.requests.allSatisfy { backend.outcomes[$0.id]?.count == 1 }
        }
        #expect(failure == nil)
    }
}
