import Planning
import Seeded
import Simulation
import TestKit
import Testing

@Suite struct `A simulated load` {
    @Test func `goes to Lambda where there is nothing else`() throws {
        let result = try World.play([600, 600, 600])
        #expect(result.requests == 1800 && result.onLambda == 1800 && result.refused == 0)
        #expect(result.coldStarts > 0 && result.late == result.coldStarts)
        #expect(result.minutes.map(\.requests) == [600, 600, 600])
    }

    @Test func `goes to an instance once that serves`() throws {
        let result = try World.play([6000, 6000, 6000, 6000], Script([1: [World.launch(1)]]))
        #expect(result.minutes[0].onInstances == 0 && result.minutes[3].onLambda == 0)
        #expect(result.minutes[3].latencyP99.map { $0 < 100 } == true)
    }

    @Test func `is shared by all instances`() throws {
        // Ten instances do 3,800 a second.
        let load = [Double?](repeating: 180_000, count: 3)
        let result = try World.play(
            load,
            Script([1: [World.launch(10)]]),
            platform: Platform(launchDelay: .seconds(1))
        )
        #expect(result.minutes[2].onLambda < 1000)
    }

    @Test func `overflows to Lambda beyond what its instances can do in time`() throws {
        // 600 a second, of which one instance does 380.
        let result = try World.play([36_000, 36_000, 36_000, 36_000], Script([1: [World.launch(1)]]))
        let last = result.minutes[3]
        #expect((360.0...400).contains(last.onInstances / 60) && last.refused == 0)
        #expect(result.good / result.requests > 0.98)
    }

    @Test func `waits at its instances or is refused where nothing overflows`() throws {
        let platform = Platform(
            overflow: .queue(max: 50),
            launchDelay: .seconds(60),
            prices: ["c7g.large": DollarsPerHour(0.087)],
            isManaged: true,
            isBatching: false
        )
        // Alone a request takes 9.6 ms: two executors do 208 a second, of 300.
        let result = try World.play(
            [18_000, 18_000, 18_000, 18_000],
            Script([1: [World.launch(1)]]),
            platform: platform
        )
        #expect(result.onLambda == 0 && result.minutes[0].refused == 18_000)
        #expect((195.0...235).contains(result.minutes[3].onInstances / 60))
        #expect(result.ledger[.managed] == result.ledger.total && result.ledger.total > .zero)
    }

    @Test func `is served by its warm environments at once`() throws {
        let cold = try World.play([0, 0, 60_000])
        let warm = try World.play([0, 0, 60_000], Script([1: [.warm(environments: 80)]]))
        #expect(warm.coldStarts == 0 && cold.coldStarts > 30 && warm.ledger[.warmUp] > .zero)
    }

    @Test func `is told to the policy as it came`() throws {
        var simulation = try World.simulation([100, nil, 300])
        let result = simulation.run()
        let script = try #require(simulation.policy as? Script)
        #expect(script.seen.map(\.demand) == [[100], [100, nil], [100, nil, 300]])
        #expect(script.seen.map(\.outcomes.total) == [100, 0, 300] && result.requests == 400)
        #expect(script.seen[2].now == .seconds(180))
    }

    @Test func `leaves a draining instance alone`() throws {
        let result = try World.play(
            Array(repeating: 6000, count: 6),
            Script([1: [World.launch(1)]], drainsAt: 4)
        )
        #expect(result.minutes[3].onLambda == 0 && result.minutes[4].onInstances <= 10)
        #expect(result.minutes[4].instances.reduce(0, +) == 0 && result.late == result.coldStarts)
    }

    @Test func `costs an instance's seconds`() throws {
        // Launched at 60 s, drained at 240 s with less than a second to go.
        let result = try World.play(
            Array(repeating: 600, count: 6),
            Script([1: [World.launch(1)]], drainsAt: 4)
        )
        let price = try #require(World.catalogue()["c7g.large"]).onDemand
        let paid = result.ledger[.onDemand]
        #expect(price * .seconds(180) <= paid && paid <= price * .seconds(181) + Dollars(nanodollars: 4))
    }

    @Test func `is slowed by a burstable instance without credits, or billed for its surplus`() throws {
        let load = [Double?](repeating: 12_000, count: 10)
        let results = try [Platform.Credits.standard, .unlimited].map { credits in
            let script = Script([1: [World.launch(1, "t4g.small")]])
            return try World.play(
                load,
                script,
                platform: Platform(launchDelay: .seconds(60), credits: credits)
            )
        }
        // Its baseline is a fifth of its vCPUs.
        let shares = results.map { $0.minutes[9].onInstances / 12_000 }
        #expect(shares[0] < 0.5 && shares[1] > 0.99)
        #expect(results[0].ledger[.surplusCredits] == .zero && results[1].ledger[.surplusCredits] > .zero)
        #expect(results.allSatisfy { $0.ledger[.burstable] > .zero })
    }

    @Test func `reports its progress`() throws {
        var simulation = try World.simulation([10, 10, 10])
        var minutes: [Int] = []
        _ = simulation.run { minutes.append($0) }
        #expect(minutes == [1, 2, 3])
    }

    @Test func `is the same for the same seed, in another process too`() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            print("result: \(try Story(seed: 7).play())")
        }
        let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        let here = try Story(seed: 7).play()
        let other = try Story(seed: 8).play()
        #expect(output.contains("result: \(here)") && here != other)
    }
}

/// The laws, on loads and platforms drawn wide.
@Suite struct `Whatever comes, a simulation` {
    @Test func `ends every request once, and its bill is the sum of its lines`() throws {
        let failure = try firstFailure(of: 0..<60) { generator in
            let result = try Story(seed: generator.next()).play()
            let lines = Ledger.Line.allCases.map { result.ledger[$0] }.reduce(.zero, +)
            let spent = result.minutes.map(\.spent)
            return result.good + result.late + result.refused == result.requests
                && result.minutes.reduce(0) { $0 + $1.requests } == result.requests
                && result.ledger.total == lines && spent == spent.sorted()
                && (spent.last ?? .zero) <= lines
        }
        #expect(failure == nil)
    }

    @Test func `never refuses more with more concurrency`() throws {
        let failure = try firstFailure(of: 0..<30) { generator in
            let (seed, rate) = (generator.next(), 60 * Double(1 + generator.below(500)))
            let refused = try [1, 3, 10, 30].map { concurrency in
                let limits = LambdaLimits(concurrencyMax: concurrency)
                let platform = Platform(launchDelay: .seconds(60), limits: limits)
                return try World.play([rate, rate], platform: platform, seed: seed).refused
            }
            return refused == refused.sorted(by: >)
        }
        #expect(failure == nil)
    }
}
