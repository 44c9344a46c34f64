import AWS
import CURL
import Synchronization
import Testing
import Wire

@Suite struct `temporary credentials` {
    private static let start = WallClock(milliseconds: 0)

    private static func credentials(_ id: String, minutes: Int) -> Credentials {
        Credentials(accessKeyID: id, secretAccessKey: "s", expiration: start + .seconds(60 * minutes))
    }

    private static func at(_ minutes: Double) -> WallClock { start + .seconds(60 * minutes) }

    @Test func `are renewed from 15 minutes before their end, and everyone waits from 10 on`() throws {
        var cache = CredentialsCache()
        #expect(cache.decide(now: Self.start, refused: nil) == .fetch(meanwhile: nil))
        let first = Self.credentials("A", minutes: 60)
        _ = cache.take(.success(first), now: Self.start, random: 0)
        #expect(cache.decide(now: Self.at(45), refused: nil) == .use(first))
        #expect(cache.decide(now: Self.at(45.1), refused: nil) == .fetch(meanwhile: first))
        #expect(cache.decide(now: Self.at(50), refused: nil) == .fetch(meanwhile: first))
        #expect(cache.decide(now: Self.at(50.1), refused: nil) == .fetch(meanwhile: nil))
    }

    @Test func `are kept when there are no newer ones, and asked for again in 5 to 10 minutes`() throws {
        for (random, pause) in [(0.0, 5.0), (0.5, 7.5)] {
            var cache = CredentialsCache()
            let first = Self.credentials("A", minutes: 60)
            _ = cache.take(.success(first), now: Self.start, random: 0)
            #expect(try cache.take(.failure(.none), now: Self.at(52), random: random).get() == first)
            #expect(cache.decide(now: Self.at(52 + pause - 0.1), refused: nil) == .use(first))
            #expect(cache.decide(now: Self.at(52 + pause), refused: nil) == .fetch(meanwhile: nil))
            // Past their end they may still be taken: AWS prolongs them when it cannot renew them.
            let lapsed = Self.credentials("B", minutes: 40)
            #expect(try cache.take(.success(lapsed), now: Self.at(61), random: random).get() == lapsed)
            #expect(cache.decide(now: Self.at(61 + pause - 0.1), refused: nil) == .use(lapsed))
            #expect(cache.decide(now: Self.at(61 + pause), refused: nil) == .fetch(meanwhile: nil))
        }
    }

    @Test func `that a service refused are never given again`() throws {
        var cache = CredentialsCache()
        let (first, second) = (Self.credentials("A", minutes: 60), Self.credentials("B", minutes: 60))
        _ = cache.take(.success(first), now: Self.start, random: 0)
        #expect(cache.decide(now: Self.start, refused: first) == .fetch(meanwhile: nil))
        #expect(throws: CredentialsError.none) {
            try cache.take(.failure(.none), now: Self.start, random: 0).get()
        }
        #expect(cache.decide(now: Self.start, refused: nil) == .fetch(meanwhile: nil))
        _ = cache.take(.success(second), now: Self.start, random: 0)
        // Another call may still report the first ones.
        #expect(cache.decide(now: Self.start, refused: first) == .use(second))
    }

    @Test func `without an end are kept`() {
        var cache = CredentialsCache()
        let eternal = Credentials(accessKeyID: "A", secretAccessKey: "s")
        _ = cache.take(.success(eternal), now: Self.start, random: 0)
        #expect(cache.decide(now: Self.at(1e6), refused: nil) == .use(eternal))
    }

    // MARK: Together with the client

    @Test func `that have expired are renewed once and the call goes on`() async throws {
        let world = World { request, _ in
            guard request.url.hasPrefix("http://c/") else {
                let isNew = request.headers.contains {
                    $0.name == "Authorization" && $0.value.contains("=B/")
                }
                return isNew ? .answer(200, "{}") : .answer(400, #"{"__type":"ExpiredTokenException"}"#)
            }
            return .answer(200, #"{"AccessKeyId":"B","SecretAccessKey":"s"}"#)
        }
        let fixed = World([.answer(400, #"{"__type":"ExpiredTokenException"}"#)])
        let error = await #expect(throws: AWSError.self) {
            try await fixed.client().send(DynamoDB.getItem("t", key: [:]))
        }
        #expect(error?.cause == .credentials(.expired(source: "the environment")))

        var configuration = try fixed.client().configuration
        configuration.credentials = .container(url: "http://c/", token: nil)
        _ = try await AWSClient(configuration, effects: world.effects).send(DynamoDB.getItem("t", key: [:]))
        #expect(world.requests.count == 2)
        let stubborn = World { request, _ in
            request.url == "http://c/"
                ? .answer(200, #"{"AccessKeyId":"A","SecretAccessKey":"s"}"#)
                : .answer(400, #"{"__type":"ExpiredTokenException"}"#)
        }
        let again = await #expect(throws: AWSError.self) {
            try await AWSClient(configuration, effects: stubborn.effects).send(
                DynamoDB.getItem("t", key: [:])
            )
        }
        #expect(again?.code == "ExpiredTokenException")
        #expect(again?.attempts == 2)
    }

    @Test(.timeLimit(.minutes(5)))
    func `are fetched once for hundreds that ask at once, and a cancelled one leaves`() async throws {
        let gate = Gate()
        var effects = World([]).effects
        let fetches = Atomic(0)
        effects.send = { _ async throws(CURLError) in
            fetches.add(1, ordering: .relaxed)
            await gate.wait()
            return CURLResponse(status: 200, body: Array(#"{"AccessKeyId":"A","SecretAccessKey":"s"}"#.utf8))
        }
        let provider = CredentialsProvider(.container(url: "http://c/", token: nil), effects: effects)
        try await withThrowingTaskGroup(of: Credentials?.self) { group in
            group.addTask { try await provider.credentials() }
            await gate.arrived()
            await withTaskGroup(of: CredentialsError?.self) { impatient in
                impatient.addTask {
                    do throws(CredentialsError) { _ = try await provider.credentials() } catch {
                        return error
                    }
                    return nil
                }
                impatient.cancelAll()
                let error = await impatient.first { _ in true } ?? nil
                #expect(error == .unreachable(source: "the container's endpoint", .cancelled))
            }
            for _ in 0..<300 { group.addTask { try await provider.credentials() } }
            gate.open()
            let ids = try await group.reduce(into: []) { $0.append($1?.accessKeyID) }
            #expect(ids == Array(repeating: "A", count: 301))
        }
        #expect(fetches.load(ordering: .relaxed) == 1)
    }
}

/// Holds everyone until it is opened.
private final class Gate: Sendable {
    private let (opened, opening) = AsyncStream<Void>.makeStream()
    private let (arrivals, arrival) = AsyncStream<Void>.makeStream()

    func wait() async {
        arrival.yield()
        for await _ in opened { return }
    }

    func arrived() async { for await _ in arrivals { return } }

    func open() { opening.finish() }
}
