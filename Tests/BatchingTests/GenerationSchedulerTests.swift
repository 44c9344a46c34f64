import Batching
import Seeded
import TestKit
import Testing

@Suite struct `Making texts step by step` {
    @Test func `a text is its prompt and then a step for each further token`() throws {
        var machine = try GenerationMachine()
        machine.arrive(1, tokens: 3)
        machine.runToEnd()
        #expect(machine.log == ["p1", "[1]", "[1]"])
        #expect(machine.completed[1] == .milliseconds(3))
    }

    @Test func `a request joins those under way between two steps`() throws {
        var machine = try GenerationMachine()
        machine.arrive(1, tokens: 5)
        machine.turn()
        machine.turn()
        machine.arrive(2, tokens: 3)
        machine.runToEnd()
        #expect(machine.log == ["p1", "[1]", "p2", "[1 2]", "[1 2]", "[1]"])
    }

    @Test func `a text that ends by itself leaves at once, and the last row fills its place`() throws {
        var machine = try GenerationMachine()
        machine.lengths = [1: 4]
        for id in 1...3 { machine.arrive(UInt64(id), tokens: 5) }
        machine.runToEnd()
        let expected = ["p1", "[1]", "p2", "[1 2]", "p3", "[1 2 3]", "[3 2]", "[3 2]", "[3]"]
        #expect(machine.log == expected)
        #expect(Set(machine.completed.keys) == [1, 2, 3])
    }

    @Test func `between two steps one piece of one prompt is read, and no more`() throws {
        var machine = try GenerationMachine(chunk: 8)
        machine.arrive(1, tokens: 20)
        machine.turn()
        machine.arrive(2, prompt: 20, tokens: 2)
        machine.arrive(3, tokens: 1)
        machine.runToEnd()
        let first = machine.log.prefix(8)
        #expect(first == ["p1", "[1]", "p2:0..<8", "[1]", "p2:8..<16", "[1]", "p2:16..<20", "[1 2]"])
        #expect(machine.log[8] == "p3")
    }

    @Test func `with nobody to step for, prompts are read one after the other`() throws {
        var machine = try GenerationMachine(chunk: 8)
        machine.arrive(1, prompt: 20, tokens: 1)
        machine.runToEnd()
        #expect(machine.log == ["p1:0..<8", "p1:8..<16", "p1:16..<20"])
    }

    @Test func `a model with an encoder reads a text whole`() throws {
        var machine = try GenerationMachine(chunk: nil)
        machine.arrive(1, prompt: 100, tokens: 1)
        machine.runToEnd()
        #expect(machine.log == ["p1"])
    }

    @Test func `no more texts are made at once than there are places`() throws {
        var machine = try GenerationMachine(slots: 2)
        for id in 1...5 { machine.arrive(UInt64(id), tokens: 3) }
        while machine.turn() { #expect(machine.scheduler.placesTaken <= 2) }
        #expect(machine.completed.count == 5)
        #expect(machine.completed.sorted { $0.value < $1.value }.map(\.key).first == 1)
    }

    @Test func `a caller who goes away frees its place by the next step`() throws {
        var machine = try GenerationMachine(slots: 2)
        for id in 1...3 { machine.arrive(UInt64(id), tokens: 50) }
        for _ in 0..<6 { machine.turn() }
        #expect(machine.log.last == "[1 2]")
        let outcome1 = machine.scheduler.cancel(1)
        #expect(outcome1)
        let outcome2 = machine.scheduler.cancel(1)
        #expect(!outcome2, "it is gone")
        machine.turn()
        machine.turn()
        #expect(machine.log.suffix(2) == ["p3", "[2 3]"])
        #expect(machine.scheduler.counts.cancelled == 1)
    }

    @Test func `one that waits or whose prompt is being read can go away as well`() throws {
        var machine = try GenerationMachine(slots: 1, chunk: 4)
        machine.arrive(1, prompt: 8, tokens: 2)
        machine.arrive(2, tokens: 2)
        machine.turn()
        let outcome3 = machine.scheduler.cancel(2)
        #expect(outcome3)
        let outcome4 = machine.scheduler.cancel(1)
        #expect(outcome4)
        machine.runToEnd()
        #expect(machine.log == ["p1:0..<4"])
        #expect(machine.scheduler.isIdle)
        let outcome5 = machine.scheduler.cancel(9)
        #expect(!outcome5, "nobody knows it")
    }

    @Test func `a text past its deadline is turned away`() throws {
        var machine = try GenerationMachine()
        machine.arrive(1, tokens: 100, within: .milliseconds(120))
        for _ in 0..<10 { machine.turn() }
        machine.turn(slowness: 200)
        machine.runToEnd()
        #expect(machine.log.last == "-1")
        #expect(machine.scheduler.isIdle)
        #expect(machine.scheduler.counts.turnedAway == 1)
        #expect(machine.scheduler.counts.late == 1)
    }
}

@Suite struct `Searching for texts step by step` {
    @Test func `a search has several rows of the same steps as others`() throws {
        var machine = try GenerationMachine()
        machine.arrive(1, tokens: 3)
        machine.arrive(2, tokens: 2, rows: 3)
        machine.runToEnd()
        #expect(machine.log == ["p1", "[1]", "p2", "[1 2 2' 2'']"])
    }

    @Test func `waits until all of its rows are free`() throws {
        var machine = try GenerationMachine(slots: 4)
        machine.arrive(1, tokens: 4)
        machine.arrive(2, tokens: 3, rows: 4)
        machine.arrive(3, tokens: 2)
        machine.runToEnd()
        let search = "[2 2' 2'' 2''']"
        #expect(machine.log == ["p1", "[1]", "[1]", "[1]", "p2", search, search, "p3", "[3]"])
    }

    @Test func `gives up rows one by one, which others get`() throws {
        var machine = try GenerationMachine(slots: 3)
        machine.widths = [1: [3, 3, 1]]
        machine.arrive(1, tokens: 6, rows: 3)
        machine.arrive(2, tokens: 2)
        machine.runToEnd()
        #expect(machine.log == ["p1", "[1 1' 1'']", "[1 1' 1'']", "p2", "[1 2]", "[1]", "[1]"])
        #expect(
            machine.scheduler.counts.tokens == 8,
            "a token is counted once, however many rows were looked at"
        )
        #expect(machine.scheduler.counts.completed == 2)
    }

    @Test func `leaves with all of its rows when its caller goes away`() throws {
        var machine = try GenerationMachine()
        machine.arrive(1, tokens: 50, rows: 2)
        machine.arrive(2, tokens: 3)
        for _ in 0..<4 { machine.turn() }
        #expect(machine.log.last == "[1 1' 2]")
        let wasThere = machine.scheduler.cancel(1)
        #expect(wasThere)
        machine.runToEnd()
        #expect(machine.log.last == "[2]")
        #expect(machine.scheduler.isIdle && machine.scheduler.counts.cancelled == 1)
    }

    @Test func `is turned away once`() throws {
        var machine = try GenerationMachine()
        machine.arrive(1, tokens: 100, rows: 4, within: .milliseconds(120))
        for _ in 0..<3 { machine.turn() }
        machine.turn(slowness: 200)
        machine.runToEnd()
        #expect(machine.log.filter { $0 == "-1" } == ["-1"])
        #expect(machine.scheduler.isIdle && machine.scheduler.counts.turnedAway == 1)
    }
}

@Suite struct `Admitting texts` {
    @Test func `what cannot be in time even alone is hopeless`() throws {
        var machine = try GenerationMachine()
        let outcome6 = machine.arrive(1, tokens: 100, within: .milliseconds(50))
        #expect(outcome6?.reason == .hopeless)
        let outcome7 = machine.arrive(2, tokens: 50, within: .milliseconds(50))
        #expect(outcome7 == nil)
    }

    @Test func `what would be late behind others is refused, and says when to try again`() throws {
        var machine = try GenerationMachine(slots: 1)
        let outcome8 = machine.arrive(1, tokens: 100)
        #expect(outcome8 == nil)
        let refusal = machine.arrive(2, tokens: 50, within: .milliseconds(100))
        #expect(refusal?.reason == .late)
        #expect(refusal.map { $0.retryAfter >= .milliseconds(49) } == true)
        let outcome9 = machine.arrive(3, tokens: 50, within: .milliseconds(160))
        #expect(outcome9 == nil)
    }

    @Test func `nobody is admitted who would make another one late`() throws {
        // A step of 2 takes 3 ms, of 1 one.
        let policy = try GenerationPolicy(
            step: LatencyProfile([(1, .milliseconds(1)), (2, .milliseconds(3))]),
            prompt: LatencyProfile([(1, .milliseconds(1))]),
            slots: 2,
            chunk: 8,
            slo: .seconds(10),
            margin: .zero
        )
        var scheduler = GenerationScheduler(policy)
        func request(_ id: UInt64, _ within: Duration) -> GenerationRequest {
            GenerationRequest(id: id, prompt: 1, tokensMax: 100, arrival: .zero, deadline: within)
        }
        #expect(scheduler.arrive(request(1, .milliseconds(150)), now: .zero) == nil)
        #expect(scheduler.arrive(request(2, .seconds(5)), now: .zero)?.reason == .late)
    }

    @Test func `the queue has an end`() throws {
        var machine = try GenerationMachine(slots: 1, queueMax: 2)
        machine.arrive(1, tokens: 9)
        machine.turn()
        let outcome10 = machine.arrive(2)
        #expect(outcome10 == nil)
        let outcome11 = machine.arrive(3)
        #expect(outcome11 == nil)
        let outcome12 = machine.arrive(4)
        #expect(outcome12?.reason == .full)
        #expect(machine.scheduler.counts.refused == [.full: 1])
    }

    @Test func `a draining scheduler takes nothing new and completes what it has`() throws {
        var machine = try GenerationMachine(slots: 1)
        machine.arrive(1)
        machine.arrive(2)
        machine.scheduler.drain()
        let outcome13 = machine.arrive(3)
        #expect(outcome13?.reason == .draining)
        machine.runToEnd()
        #expect(Set(machine.completed.keys) == [1, 2])
    }

    @Test func `slower steps than the profile's are learnt`() throws {
        var machine = try GenerationMachine()
        let outcome14 = machine.arrive(1, tokens: 200, within: .milliseconds(300))
        #expect(outcome14 == nil)
        for _ in 0..<60 { machine.turn(slowness: 3) }
        let outcome15 = machine.scheduler.cancel(1)
        #expect(outcome15)
        let outcome16 = machine.arrive(2, tokens: 200, within: .milliseconds(300))
        #expect(outcome16?.reason == .hopeless)
    }

    @Test func `texts that end early make room for more`() throws {
        var machine = try GenerationMachine(slots: 1)
        for id in 1...60 {
            machine.lengths[UInt64(id)] = 10
            machine.arrive(UInt64(id), tokens: 100)
            machine.runToEnd()
        }
        machine.arrive(61, tokens: 100)
        // Of the 100 tokens before it some 15 are expected.
        let outcome17 = machine.arrive(62, tokens: 100, within: .milliseconds(150))
        #expect(outcome17 == nil)
        #expect(machine.scheduler.queueDelay(now: machine.now) < .milliseconds(40))
    }

    @Test(arguments: 0..<40)
    func `with times as predicted every admitted text is complete in time`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var machine = try GenerationMachine(slots: 1 + generator.below(6), chunk: 1 + generator.below(16))
        var deadlines: [UInt64: Duration] = [:]
        for id in 1...UInt64(200) {
            let within = Duration.milliseconds(5 + generator.below(400))
            let refusal = machine.arrive(
                id,
                prompt: 1 + generator.below(40),
                tokens: 1 + generator.below(60),
                rows: 1 + generator.below(machine.scheduler.policy.slots),
                within: within
            )
            if refusal == nil { deadlines[id] = machine.now + within }
            for _ in 0..<generator.below(12) { machine.turn() }
        }
        machine.runToEnd()
        let counts = machine.scheduler.counts
        #expect(counts.admitted == deadlines.count)
        #expect(counts.completed + counts.turnedAway == counts.admitted, "every text leaves exactly once")
        for (id, deadline) in deadlines {
            let completion = try #require(machine.completed[id], "text \(id) was turned away")
            #expect(completion <= deadline)
        }
    }
}
