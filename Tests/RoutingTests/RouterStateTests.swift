import AWS
import Fleet
import Routing
import Seeded
import TestKit
import Testing
import Wire

@Suite struct `A router` {
    // MARK: Whom it asks

    @Test func `spills when nobody serves`() {
        var world = World()
        #expect(world.step(world.journey()) == .spill(.noBackend))
        var draining = World([backend("a", state: .draining)])
        #expect(draining.step(draining.journey()) == .spill(.noBackend))
        var silent = World([backend("a", beat: .seconds(-11))])
        #expect(silent.step(silent.journey()) == .spill(.noBackend))
    }

    @Test func `asks of two the one that would answer sooner`() {
        var world = World([backend("slow", queue: .milliseconds(50)), backend("fast")])
        for draw in [UInt64.min, .max, 1 << 63] { #expect(world.served(draw: draw) == "fast") }
    }

    @Test func `counts what it has sent itself and the heartbeat cannot know`() {
        // 10 ms a request: with three of ours on their way the idle one would answer after 40 ms, the other after 35.
        var world = World([backend("a"), backend("b", queue: .milliseconds(25))])
        var asked: [String] = []
        for _ in 0..<4 {
            guard case .attempt(let attempt) = world.step(world.journey()) else { break }
            asked.append(attempt.backend.id)
        }
        #expect(asked == ["a", "a", "a", "b"])
    }

    @Test func `prefers whoever has not bounced, until the next snapshot`() {
        let backends = [backend("a"), backend("b", queue: .milliseconds(50))]
        var world = World(backends)
        #expect(world.failed(.bounced("capacity")) == "a")
        #expect(world.served() == "b")
        world.read(backends)
        #expect(world.served() == "a")
    }

    @Test func `asks one that has bounced when there is no other`() {
        var world = World([backend("a")])
        world.failed(.bounced("capacity"))
        #expect(world.served() == "a")
    }

    @Test(arguments: [Failure.timedOut, .unauthorised, .failed("reset")])
    func `avoids one that failed until a heartbeat that is later`(failure: Failure) {
        var world = World([backend("a")])
        world.now += .milliseconds(500)
        #expect(world.failed(failure) == "a")
        #expect(world.served() == nil)
        // A heartbeat from between the last snapshot and the failure says nothing of its health since.
        world.read([backend("a", beat: .milliseconds(400))])
        #expect(world.served() == nil)
        world.read([backend("a", beat: .milliseconds(501))])
        #expect(world.served() == "a")
    }

    @Test func `avoids one that fails again and again for longer and longer`() {
        var world = World([backend("a")])
        var pauses: [Duration] = []
        for _ in 0..<9 {
            #expect(world.failed(.timedOut) == "a")
            let failed = world.now
            // Its heart beats on, once a second.
            repeat { world.read([backend("a", beat: world.now - .seconds(999))]) } while !world.isAsked()
            pauses.append(world.now - failed)
        }
        #expect(pauses == [1, 3, 7, 15, 31, 61, 61, 61, 61].map { .seconds($0) })
    }

    @Test func `takes what fails at once for one failure`() {
        var world = World([backend("a")])
        var journeys = (0..<8).map { _ in world.journey() }
        let attempts = journeys.map { journey -> Attempt? in
            if case .attempt(let attempt) = world.step(journey) { attempt } else { nil }
        }
        for (index, attempt) in attempts.enumerated() {
            guard let attempt else { return #expect(Bool(false)) }
            world.now += .milliseconds(1)
            world.state.ended(attempt, .failed("reset"), &journeys[index], now: world.wall)
        }
        world.read([backend("a", beat: .milliseconds(8))])
        #expect(!world.isAsked())
        world.read([backend("a", beat: .milliseconds(9))])
        #expect(world.isAsked())
    }

    @Test func `holds nothing against a backend for a request that cannot be sent`() {
        var world = World([backend("a")])
        var journey = world.journey()
        guard case .attempt(let attempt) = world.step(journey) else { return #expect(Bool(false)) }
        world.state.ended(attempt, .unsendable("a header"), &journey, now: world.wall)
        #expect(world.step(journey) == .spill(.notInference))
        #expect(world.served() == "a")
    }

    private static let ends: [Failure?] = [nil, .bounced("full"), .failed("reset"), .timedOut]

    @Test func `never asks a backend that is avoided, nor one twice`() {
        let failing = firstFailure(of: 0..<300) { generator in
            let ids = (0..<1 + generator.below(6)).map { "i-\($0)" }
            var world = World(ids.map { backend($0) })
            var avoided: Set<String> = []
            for _ in 0..<30 {
                var journey = world.journey()
                var asked: [String] = []
                while case .attempt(let attempt) = world.step(journey, draw: generator.next()) {
                    let id = attempt.backend.id
                    guard !avoided.contains(id), !asked.contains(id) else { return false }
                    asked.append(id)
                    let failure = Self.ends[generator.below(4)]
                    world.state.ended(attempt, failure, &journey, now: world.wall)
                    guard let failure else { break }
                    if case .bounced = failure { continue }
                    avoided.insert(id)
                }
                // Whoever spills has asked two, or all that were not avoided.
                let open = ids.filter { !avoided.contains($0) && !asked.contains($0) }
                guard asked.count <= 2, !asked.isEmpty || open.isEmpty else { return false }
            }
            return true
        }
        #expect(failing == nil)
    }

    // MARK: How long it waits

    @Test func `gives a try all that the spill can spare, and half the objective at first`() {
        var world = World([backend("a")])
        guard case .attempt(let attempt) = world.step(world.journey()) else { return #expect(Bool(false)) }
        #expect(attempt.share == .milliseconds(200))
        // The backend is told less: its answer has to come back.
        #expect(attempt.granted == .milliseconds(190))
        #expect(attempt.connectShare == .milliseconds(100))
    }

    @Test func `gives the second try what the first has left`() {
        var world = World([backend("a"), backend("b")])
        var journey = world.journey()
        guard case .attempt(let first) = world.step(journey) else { return #expect(Bool(false)) }
        world.now += .milliseconds(30)
        world.state.ended(first, .failed("reset"), &journey, now: world.wall)
        guard case .attempt(let second) = world.step(journey) else { return #expect(Bool(false)) }
        #expect(second.share == .milliseconds(170))
        #expect(second.isSecond)
        #expect(second.backend.id != first.backend.id)
    }

    @Test func `spills at once when too little is left for a backend`() {
        var world = World([backend("a"), backend("b")])
        var late = world.journey()
        world.now += .milliseconds(191)
        #expect(world.step(late) == .spill(.tooLittleTime))
        world = World([backend("a"), backend("b")])
        late = world.journey()
        guard case .attempt(let first) = world.step(late) else { return #expect(Bool(false)) }
        world.now += first.share
        world.state.ended(first, .timedOut, &late, now: world.wall)
        #expect(world.step(late) == .spill(.timedOut))
    }

    @Test func `asks nobody who needs longer for one run than is left`() {
        var world = World([backend("a", capacity: 4)])
        #expect(world.step(world.journey()) == .spill(.tooLittleTime))
    }

    @Test func `spills for the last failure's cause after two tries`() {
        for (failure, cause) in [
            (Failure.bounced("full"), SpillCause.refused), (.timedOut, .timedOut),
            (.failed("reset"), .failed),
            (.unauthorised, .failed),
        ] {
            var world = World([backend("a"), backend("b"), backend("c")])
            var journey = world.journey()
            for _ in 0..<2 {
                guard case .attempt(let attempt) = world.step(journey) else { return #expect(Bool(false)) }
                world.state.ended(attempt, failure, &journey, now: world.wall)
            }
            #expect(world.step(journey) == .spill(cause))
        }
    }

    @Test func `keeps tries and spill within the objective, whatever it has learnt`() {
        let failing = firstFailure(of: 0..<300) { generator in
            var world = World([backend("a"), backend("b"), backend("c")])
            let typical = Duration.milliseconds(5 + generator.below(390))
            for _ in 0..<200 { world.state.spilled(after: typical * (0.5 + generator.unit())) }
            let journey = world.journey()
            let spent = Duration.milliseconds(generator.below(100))
            world.now += spent
            guard case .attempt(let attempt) = world.step(journey) else { return true }
            // Half the objective at least is the backends', or all of it when a spill would be late anyway.
            return attempt.share + spent <= World.slo && attempt.share + spent >= World.slo / 2
        }
        #expect(failing == nil)
    }

    @Test func `learns how long the inference function takes`() {
        func share(after time: Duration, _ count: Int) -> Duration {
            var world = World([backend("a")])
            for _ in 0..<count { world.state.spilled(after: time) }
            guard case .attempt(let attempt) = world.step(world.journey()) else { return .zero }
            return attempt.share
        }
        // A fast function leaves more to backends, slowly: down by a hundredth an answer.
        #expect(share(after: .milliseconds(50), 1) == .milliseconds(202))
        #expect((.milliseconds(330)...(.milliseconds(351))).contains(share(after: .milliseconds(50), 300)))
        // A slow one gets half at most; one that is late anyway gets nothing, as only a backend can still be in time.
        #expect(share(after: .milliseconds(300), 300) == .milliseconds(200))
        #expect(share(after: .milliseconds(900), 300) == .milliseconds(400))
    }

    @Test func `rests where one spill in twenty is slower`() {
        var generator = SeededGenerator(seed: 3)
        var world = World([backend("a")])
        var slower = 0
        for number in 0..<40_000 {
            let time = Duration.milliseconds(20 + 100 * generator.unit())
            if number >= 10_000, case .attempt(let attempt) = world.step(world.journey()) {
                if time > World.slo - attempt.share { slower += 1 }
                var journey = world.journey()
                world.state.ended(attempt, nil, &journey, now: world.wall)
            }
            world.state.spilled(after: time)
        }
        #expect((0.03...0.07).contains(Double(slower) / 30_000))
    }

    // MARK: The table

    @Test func `reads the registry once a second and the token once a minute`() {
        var world = World()
        #expect(world.state.beginFleet(now: world.now + .milliseconds(999)) == nil)
        #expect(world.state.beginFleet(now: world.now + .seconds(1)) == .milliseconds(100))
        #expect(world.state.beginToken(now: world.now) == .milliseconds(100))
        world.state.endToken(.success(TokenRing(current: "t", changed: World.start)), now: world.now)
        #expect(world.state.token == "t")
        #expect(world.state.beginToken(now: world.now + .milliseconds(59_999)) == nil)
        #expect(world.state.beginToken(now: world.now + .seconds(60)) != nil)
    }

    @Test func `reads for one request, not for all that wait`() {
        var state = RouterState(slo: World.slo)
        #expect(state.beginFleet(now: .zero) != nil)
        #expect(state.beginFleet(now: .zero) == nil)
    }

    @Test func `reads an unreachable table less and less often, and each time for longer`() throws {
        var state = RouterState(slo: World.slo)
        var now = Duration.seconds(5)
        var seen: [[Int]] = []
        for _ in 0..<6 {
            var waited = 0
            var bound = state.beginFleet(now: now)
            while bound == nil {
                now += .seconds(1)
                waited += 1
                bound = state.beginFleet(now: now)
            }
            seen.append([waited, Int((bound ?? .zero) / .milliseconds(1))])
            state.endFleet(.failure(try World.unreachable()), now: now)
        }
        #expect(seen == [[0, 100], [1, 200], [2, 400], [4, 800], [8, 1000], [8, 1000]])
    }

    @Test func `lives on its last snapshot while heartbeats are fresh by the clock`() throws {
        var world = World([backend("a")])
        world.now += .seconds(1)
        _ = world.state.beginFleet(now: world.now)
        world.state.endFleet(.failure(try World.unreachable()), now: world.now)
        world.now += .seconds(9)
        #expect(world.served() == "a")
        world.now += .milliseconds(1)
        #expect(world.step(world.journey()) == .spill(.tableUnreachable))
        #expect(world.state.tableProblem?.contains("DynamoDB Query") == true)
    }

    @Test func `reads the token again once a backend refuses it, at most once a second`() {
        var world = World([backend("a"), backend("b")])
        _ = world.state.beginToken(now: world.now)
        world.state.endToken(.success(nil), now: world.now)
        world.now += .milliseconds(400)
        world.failed(.unauthorised)
        #expect(world.state.beginToken(now: world.now) == nil)
        #expect(world.state.beginToken(now: world.now + .milliseconds(600)) != nil)
    }

    @Test func `keeps its token while the table is away`() throws {
        var world = World()
        _ = world.state.beginToken(now: world.now)
        world.state.endToken(.success(TokenRing(current: "t", changed: World.start)), now: world.now)
        world.now += .seconds(60)
        _ = world.state.beginToken(now: world.now)
        world.state.endToken(.failure(try World.unreachable()), now: world.now)
        #expect(world.state.token == "t")
    }
}
