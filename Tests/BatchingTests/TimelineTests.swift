import Batching
import Testing

/// Stories of a few requests, drawn as a line of time: a character is a millisecond, a letter a request that comes then, `-` nothing.
@Suite struct `Requests on a line of time` {
    /// A batch of n takes 8 + 2n ms on the one executor, within 30 ms of a request's arrival.
    private static func policy(
        executors: Int = 1,
        price: BatchingPolicy.Price = .sunk,
        time: (Int) -> Int = { 8 + 2 * $0 },
        sizeMax: Int = 4
    ) throws -> BatchingPolicy {
        let points = (1...sizeMax).map { ($0, Duration.milliseconds(time($0))) }
        return try BatchingPolicy(
            profile: LatencyProfile(points),
            slo: .milliseconds(30),
            margin: .zero,
            executors: executors,
            price: price
        )
    }

    /// - Returns: what happened: `start:requests reason` for each batch, then `-request reason` for each that was refused.
    private static func play(_ line: String, _ policy: BatchingPolicy) -> [String] {
        var backend = Backend(policy)
        let marks = Array(line.unicodeScalars)
        for (instant, mark) in marks.enumerated() where mark != "-" {
            let arrival = Duration.milliseconds(instant)
            backend.arrive(
                QueuedRequest(id: UInt64(mark.value), arrival: arrival, deadline: arrival + policy.slo)
            )
        }
        backend.settle()
        return backend.batches.map { batch in
            let names = batch.requests.map { name($0.id) }.joined()
            return "\(Int(batch.start / .milliseconds(1))):\(names) \(batch.release.rawValue)"
        }
            + backend.outcomes.sorted { $0.key < $1.key }.compactMap { id, outcomes in
                guard case .refused(let reason) = outcomes[0] else { return nil }
                return "-\(name(id)) \(reason)"
            }
    }

    private static func name(_ id: UInt64) -> String {
        Unicode.Scalar(UInt32(id)).map { String($0) } ?? "?"
    }

    @Test func `go at once on an idle machine that costs the same idle`() throws {
        #expect(Self.play("a-------------------b", try Self.policy()) == ["0:a idle", "20:b idle"])
    }

    @Test func `that come while a batch runs make the next one together`() throws {
        let story = try Self.play("a-bcd", Self.policy())
        #expect(story == ["0:a idle", "10:bcd full"])
    }

    @Test func `take an executor each while that keeps up`() throws {
        let story = try Self.play("a------b", Self.policy(executors: 2))
        #expect(story == ["0:a idle", "7:b idle"])
    }

    @Test func `wait a moment for company when they come faster than one by one can keep up with`() throws {
        // At one a millisecond as it seems: nobody comes for two more gaps, and the silence shows that it was none.
        let story = try Self.play("ab", Self.policy(executors: 2))
        #expect(story == ["0:a idle", "7:b idle"])
        let full = try Self.play("abcde", Self.policy(executors: 2))
        #expect(full == ["0:a idle", "4:bcde full"])
    }

    @Test func `wait for company as long as it is safe where only runs are billed`() throws {
        let policy = try Self.policy(price: .metered)
        // Nobody is expected after the first. Later, three take 14 ms, so that the last safe start of b and c is 34 - 14; but at 18 the
        // next one is expected later than that.
        #expect(Self.play("a---b---c", policy) == ["0:a no_arrival", "18:bc no_arrival"])
        #expect(Self.play("abcd", policy) == ["0:a no_arrival", "10:bcd full"])
    }

    @Test func `wait for nobody whose company saves nothing`() throws {
        let policy = try Self.policy(price: .metered) { 8 * $0 }
        #expect(Self.play("a-b", policy) == ["0:a full", "8:b full"])
    }

    @Test func `are refused when they would be late, and only those`() throws {
        // Alone 12 ms each, one after the other: the third would end at 36.
        let policy = try Self.policy(time: { 12 * $0 })
        #expect(Self.play("abcd", policy) == ["0:a full", "12:b full", "-c late", "-d late"])
    }

    @Test func `are admitted again when the queue is shorter`() throws {
        let policy = try Self.policy(time: { 12 * $0 })
        let story = Self.play("abc-------------d", policy)
        #expect(story == ["0:a full", "12:b full", "24:d full", "-c late"])
    }
}
