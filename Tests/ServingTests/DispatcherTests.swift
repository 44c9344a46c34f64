import Batching
import ONNX
import Serving
import Synchronization
import TestKit
import Testing
import Threading
import Wire

/// The dispatcher with the real engine, its threads and its clock; which batches are made is tested without those.
@Suite(.timeLimit(.minutes(5))) struct `A dispatcher` {
    private let service: InferenceService

    init() throws {
        let repository = try Fixtures.repository()
        service = InferenceService { () throws(ServingError) in repository }
    }

    // MARK: Requests

    private func inference(_ model: String, _ inputs: JSON) throws -> PreparedInference {
        let body = JSON.object([.init("inputs", inputs)]).encoded()
        let request = HTTPRequest(method: "POST", path: "/v2/models/\(model)/infer", body: body[...])
        switch service.begin(request) {
        case .inference(let inference): return inference
        case .pictures: throw Unexpected(text: "pictures are still to be decoded")
        case .answer(let response): throw Unexpected(text: String(decoding: response.body, as: UTF8.self))
        }
    }

    /// Looks up one token, which gives the numbers 2n and 2n + 1; the table ends at 3.
    private func lookup(_ token: Int) throws -> PreparedInference {
        try inference(
            "lookup",
            [["name": "tokens", "datatype": "INT64", "shape": [1, 1], "data": [.integer(Int64(token))]]]
        )
    }

    private struct Unexpected: Error { let text: String }

    private static func policy(executors: Int = 1, sizeMax: Int = 8) throws -> BatchingPolicy {
        try BatchingPolicy(
            // So slow that a deadline says nothing, and batches of eight pay.
            profile: LatencyProfile([(1, .milliseconds(100)), (8, .milliseconds(120))]),
            slo: .seconds(30),
            margin: .zero,
            executors: executors,
            sizeMax: sizeMax
        )
    }

    /// Where outcomes arrive.
    private final class Outcomes: Sendable {
        let all = Mutex<[Int: [Dispatcher.Outcome]]>([:])
        let arrived = Semaphore()

        func add(_ outcome: Dispatcher.Outcome, _ index: Int) {
            all.withLock { $0[index, default: []].append(outcome) }
            arrived.post()
        }

        func wait(for count: Int) { for _ in 0..<count { arrived.wait() } }
    }

    private func submit(
        _ inference: PreparedInference,
        _ index: Int,
        to dispatcher: Dispatcher,
        _ outcomes: Outcomes,
        within time: Duration = .seconds(30)
    ) -> UInt64 {
        let now = MonotonicClock.now()
        return dispatcher.submit(
            .init(inference, arrival: now, deadline: now + time) { outcomes.add($0, index) }
        )
    }

    /// Runs on a thread that may block.
    private func blocking(_ body: @escaping @Sendable () throws -> Void) async throws {
        let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
            Thread.start { continuation.resume(returning: Result(catching: body)) }
        }
        try result.get()
    }

    private static func numbers(_ outcome: Dispatcher.Outcome?) -> [Float]? {
        guard case .served(let tensors) = outcome else { return nil }
        return tensors.first?.numbers(as: Float.self)
    }

    /// A gate in front of the engine.
    private final class Gate: Sendable {
        let entered = Semaphore()
        let open = Semaphore()
        let sizes = Mutex<[Int]>([])

        func run(_ inferences: [PreparedInference]) throws(ServingError) -> [[Tensor]] {
            sizes.withLock { $0.append(inferences.count) }
            entered.post()
            open.wait()
            return try Dispatcher.runTogether(inferences)
        }
    }

    // MARK: Tests

    @Test(arguments: [Dispatcher.Placement.threads, .caller])
    func `answers each of many callers with its own result`(placement: Dispatcher.Placement) async throws {
        let tokens = try (0..<4).map(lookup)
        try await blocking {
            let outcomes = Outcomes()
            let dispatcher = Dispatcher(
                try Self.policy(executors: 2),
                placement: placement,
                now: MonotonicClock.now,
                run: Dispatcher.runTogether
            )
            let callers = 4
            let each = 100
            for caller in 0..<callers {
                Thread.start {
                    for index in 0..<each {
                        _ = submit(
                            tokens[(caller + index) % 4],
                            caller * each + index,
                            to: dispatcher,
                            outcomes
                        )
                        if placement == .caller { dispatcher.pump() }
                    }
                }
            }
            outcomes.wait(for: callers * each)
            dispatcher.drain()
            let all = outcomes.all.withLock { $0 }
            #expect(all.count == callers * each)
            for (index, outcomes) in all {
                let token = Float((index / each + index % each) % 4)
                #expect(outcomes.count == 1 && Self.numbers(outcomes[0]) == [2 * token, 2 * token + 1])
            }
            #expect(dispatcher.isIdle)
        }
    }

    @Test func `runs requests of several lengths and wishes as one batch`() throws {
        let lengths = [1, 3, 1, 2, 3]
        let inferences = try lengths.enumerated().map { index, length -> PreparedInference in
            let tokens = JSON.array(Array(repeating: .integer(Int64(index % 4)), count: length))
            return try inference(
                "lookup",
                [
                    [
                        "name": "tokens", "datatype": "INT64", "shape": [1, .integer(Int64(length))],
                        "data": tokens,
                    ]
                ]
            )
        }
        let results = try Dispatcher.runTogether(inferences)
        for (index, length) in lengths.enumerated() {
            let pair = [Float(2 * (index % 4)), Float(2 * (index % 4) + 1)]
            #expect(results[index][0].shape == [1, length, 2])
            #expect(results[index][0].numbers(as: Float.self) == (0..<length).flatMap { _ in pair })
        }
    }

    @Test func `gathers what comes while the engine is busy into one batch`() async throws {
        let token = try lookup(1)
        try await blocking {
            let (outcomes, gate) = (Outcomes(), Gate())
            let dispatcher = Dispatcher(
                try Self.policy(),
                placement: .threads,
                now: MonotonicClock.now
            ) { (inferences) throws(ServingError) in try gate.run(inferences) }
            _ = submit(token, 0, to: dispatcher, outcomes)
            gate.entered.wait()
            for index in 1...5 { _ = submit(token, index, to: dispatcher, outcomes) }
            gate.open.post()
            gate.entered.wait()
            gate.open.post()
            outcomes.wait(for: 6)
            #expect(gate.sizes.withLock { $0 } == [1, 5])
            dispatcher.drain()
        }
    }

    @Test func `lets one bad request fail alone, not the others of its batch`() async throws {
        let (good, bad) = (try lookup(2), try lookup(9))
        try await blocking {
            let (outcomes, gate) = (Outcomes(), Gate())
            let dispatcher = Dispatcher(
                try Self.policy(),
                placement: .threads,
                now: MonotonicClock.now
            ) { (inferences) throws(ServingError) in try gate.run(inferences) }
            _ = submit(good, 0, to: dispatcher, outcomes)
            gate.entered.wait()
            for index in 1...4 { _ = submit(index == 3 ? bad : good, index, to: dispatcher, outcomes) }
            // The batch of four fails; then each of them runs alone.
            for _ in 0..<6 { gate.open.post() }
            outcomes.wait(for: 5)
            let all = outcomes.all.withLock { $0 }
            #expect([0, 1, 2, 4].allSatisfy { Self.numbers(all[$0]?.first) == [4, 5] })
            guard case .failed(let error) = all[3]?.first else {
                Issue.record("the bad request ended as \(String(describing: all[3]))")
                return
            }
            #expect(error.status == 400)
            dispatcher.drain()
        }
    }

    @Test func `forgets who is gone before its batch, and completes nobody twice`() async throws {
        let token = try lookup(1)
        try await blocking {
            let (outcomes, gate) = (Outcomes(), Gate())
            let dispatcher = Dispatcher(
                try Self.policy(),
                placement: .threads,
                now: MonotonicClock.now
            ) { (inferences) throws(ServingError) in try gate.run(inferences) }
            let running = submit(token, 0, to: dispatcher, outcomes)
            gate.entered.wait()
            let waiting = submit(token, 1, to: dispatcher, outcomes)
            _ = submit(token, 2, to: dispatcher, outcomes)
            dispatcher.cancel(waiting)
            dispatcher.cancel(running)
            gate.open.post()
            gate.open.post()
            outcomes.wait(for: 2)
            #expect(gate.sizes.withLock { $0 } == [1, 1])
            #expect(outcomes.all.withLock { $0.mapValues(\.count) } == [0: 1, 2: 1])
            #expect(dispatcher.report.metrics.cancelled == 1)
            dispatcher.drain()
        }
    }

    @Test func `serves what it has admitted when it drains, and refuses the rest`() async throws {
        let token = try lookup(1)
        try await blocking {
            let (outcomes, gate) = (Outcomes(), Gate())
            let dispatcher = Dispatcher(
                try Self.policy(),
                placement: .threads,
                now: MonotonicClock.now
            ) { (inferences) throws(ServingError) in try gate.run(inferences) }
            _ = submit(token, 0, to: dispatcher, outcomes)
            gate.entered.wait()
            _ = submit(token, 1, to: dispatcher, outcomes)
            dispatcher.drain()
            _ = submit(token, 2, to: dispatcher, outcomes)
            gate.open.post()
            gate.open.post()
            outcomes.wait(for: 3)
            let all = outcomes.all.withLock { $0 }
            #expect(Self.numbers(all[0]?.first) == [2, 3] && Self.numbers(all[1]?.first) == [2, 3])
            guard case .refused(let refusal) = all[2]?.first else {
                Issue.record("the late request ended as \(String(describing: all[2]))")
                return
            }
            #expect(refusal.reason == .draining)
        }
    }

    @Test func `turns away by its alarm what waits for an engine that hangs`() async throws {
        let token = try lookup(1)
        try await blocking {
            let (outcomes, gate) = (Outcomes(), Gate())
            let dispatcher = Dispatcher(
                try BatchingPolicy(
                    profile: LatencyProfile([(1, .milliseconds(1))]),
                    slo: .milliseconds(50),
                    margin: .zero
                ),
                placement: .threads,
                now: MonotonicClock.now
            ) { (inferences) throws(ServingError) in try gate.run(inferences) }
            _ = submit(token, 0, to: dispatcher, outcomes, within: .milliseconds(50))
            gate.entered.wait()
            _ = submit(token, 1, to: dispatcher, outcomes, within: .milliseconds(50))
            outcomes.wait(for: 1)
            guard case .refused = outcomes.all.withLock({ $0[1]?.first }) else {
                Issue.record("the waiting request was not turned away")
                return
            }
            gate.open.post()
            outcomes.wait(for: 1)
            dispatcher.drain()
        }
    }
}
