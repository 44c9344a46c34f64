import Batching
import Glibc
import ONNX
import Serving
import Synchronization
import Testing
import Threading
import Wire

/// Versions that come and go under dispatchers that serve them, with the real engine.
@Suite(.timeLimit(.minutes(5))) struct `The dispatchers of a repository` {
    private let workshop: Workshop
    private let dispatchers: Dispatchers

    init() throws {
        workshop = try Workshop()
        workshop.put("1")
        let policy = try BatchingPolicy(
            profile: LatencyProfile([(1, .milliseconds(10)), (8, .milliseconds(12))]),
            slo: .seconds(30),
            margin: .zero,
            executors: 1,
            sizeMax: 8
        )
        dispatchers = Dispatchers(now: { MonotonicClock.now() }) { (_) throws(ServingError) in
            Dispatchers.Plan(policy: policy, placement: .threads)
        }
    }

    private static let request: HTTPRequest = {
        let inputs = ["a", "b"].map { name -> JSON in
            ["name": .string(name), "datatype": "FP32", "shape": [1, 3], "data": [1, 1, 1]]
        }
        let body = JSON.object([.init("inputs", .array(inputs))]).encoded()
        return HTTPRequest(method: "POST", path: "/v2/models/sums/infer", body: body[...])
    }()

    private static func inference(_ repository: ModelRepository) throws -> PreparedInference {
        let service = InferenceService { () throws(ServingError) in repository }
        guard case .inference(let inference) = service.begin(request) else { throw Unexpected() }
        return inference
    }

    private static func outcome(
        _ inference: PreparedInference,
        _ dispatchers: Dispatchers
    ) throws -> Dispatcher.Outcome {
        let outcome = Mailbox<Dispatcher.Outcome>()
        let now = MonotonicClock.now()
        try dispatchers.worker(for: inference.model).submit(
            .init(inference, arrival: now, deadline: now + .seconds(30)) { outcome.put($0) }
        )
        return outcome.take()
    }

    @Test func `serve a request whose version has gone meanwhile, and end the version after it`() throws {
        let repository = try workshop.open(dispatchers.effects)
        var late: PreparedInference? = try Self.inference(repository)
        let number = late?.model.number
        _ = try late.map { try dispatchers.worker(for: $0.model) }
        workshop.put("2")
        workshop.take("1")
        try repository.load("sums")
        #expect(dispatchers.all.map(\.model.version) == ["1", "2"])
        guard case .served? = try late.map({ try Self.outcome($0, dispatchers) }) else { throw Unexpected() }
        late = nil
        // The end comes on a thread of its own once the last job is gone.
        while dispatchers.all.contains(where: { $0.model.number == number }) { sched_yield() }
        #expect(dispatchers.all.map(\.model.version) == ["2"])
    }

    /// Callers that ask until they are told to stop.
    private final class Callers: Sendable {
        let answers = Mutex<[String: Int]>([:])
        let failures = Mutex<[String]>([])
        private let isOver = Atomic<Bool>(false)
        private let ended = Semaphore()

        func start(_ count: Int, _ repository: ModelRepository, _ dispatchers: Dispatchers) {
            for _ in 0..<count {
                Thread.start { [self] in
                    while !isOver.load(ordering: .relaxed) { ask(repository, dispatchers) }
                    ended.post()
                }
            }
        }

        private func ask(_ repository: ModelRepository, _ dispatchers: Dispatchers) {
            do {
                let inference = try `The dispatchers of a repository`.inference(repository)
                guard case .served = try `The dispatchers of a repository`.outcome(inference, dispatchers)
                else { throw Unexpected() }
                answers.withLock { $0[inference.model.version, default: 0] += 1 }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }

        /// Waits for an answer of a version, or for a failure.
        func pass(_ version: String) {
            while failures.withLock({ $0.isEmpty }), answers.withLock({ $0[version] }) == nil {
                sched_yield()
            }
        }

        func stop(_ count: Int) {
            isOver.store(true, ordering: .relaxed)
            for _ in 0..<count { ended.wait() }
        }
    }

    @Test func `lose no request while versions come and go`() throws {
        let repository = try workshop.open(dispatchers.effects)
        let callers = Callers()
        callers.start(3, repository, dispatchers)
        defer { callers.stop(3) }
        let versions = ["2", "10", "11", "12", "13", "14"]
        for version in versions {
            workshop.put(version, like: "1")
            try repository.load("sums")
            callers.pass(version)
            for old in try repository.versions(of: "sums").dropLast() { workshop.take(old.version) }
            try repository.load("sums")
        }
        #expect(callers.failures.withLock { $0 } == [])
        #expect(callers.answers.withLock { Set($0.keys) }.isSuperset(of: versions))
        #expect(try repository.versions(of: "sums").map(\.version) == ["14"])
    }

    private struct Unexpected: Error {}
}
