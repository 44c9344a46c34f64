import Planning
import Simulation
import Testing

@Suite struct `A simulated function` {
    private static let second: Int64 = 1_000_000_000

    private static func lambda(_ limits: LambdaLimits = LambdaLimits()) throws -> SimulatedLambda {
        try SimulatedLambda(
            World.workload().function,
            prices: World.catalogue().lambdaX86,
            limits: limits,
            seed: 1
        )
    }

    @Test func `starts cold, then warm, and cold again after it was idle for long`() throws {
        var (lambda, ledger) = (try Self.lambda(), Ledger())
        var now: Int64 = 0
        var starts: [SimulatedLambda.Start?] = []
        for pause in [0, 1, 599, 601] {
            now += Int64(pause) * Self.second
            let invocation = try #require(lambda.invoke(now: now, &ledger))
            starts.append(invocation.start)
            now = invocation.end
            lambda.ended(invocation.start, now: now)
        }
        #expect(starts == [.cold, .warm, .warm, .cold])
    }

    @Test func `starts no more environments at once than it may, and more later`() throws {
        var (lambda, ledger) = (try Self.lambda(.init(environmentsPerTenSeconds: 10)), Ledger())
        let atOnce = (0..<20).count { _ in lambda.invoke(now: 0, &ledger) != nil }
        let later = (0..<20).count { _ in lambda.invoke(now: 5 * Self.second, &ledger) != nil }
        #expect(atOnce == 10 && later == 5)
    }

    @Test func `runs no more at once than the account may`() throws {
        var (lambda, ledger) = (try Self.lambda(.init(concurrencyMax: 7)), Ledger())
        #expect((0..<20).count { _ in lambda.invoke(now: 0, &ledger) != nil } == 7)
        lambda.ended(.cold, now: Self.second)
        #expect(lambda.invoke(now: Self.second, &ledger)?.start == .warm)
    }

    @Test func `bills INIT, whole milliseconds and the request`() throws {
        var (lambda, ledger) = (try Self.lambda(), Ledger())
        _ = lambda.invoke(now: 0, &ledger)
        // 27 to 36 ms and 360 to 480 ms of 1,769 MB, at 28.8 nanodollars each.
        #expect((777...1037).contains(ledger[.lambdaDuration].nanodollars))
        #expect((10_365...13_824).contains(ledger[.lambdaInit].nanodollars))
        #expect(ledger[.lambdaRequests] == Dollars(0.2e-6))
        #expect(ledger.total == ledger[.lambdaDuration] + ledger[.lambdaInit] + ledger[.lambdaRequests])
    }

    @Test func `has provisioned concurrency after a delay, and none is cold`() throws {
        var (lambda, ledger) = (try Self.lambda(), Ledger())
        lambda.provision(2, now: 0, &ledger)
        #expect(lambda.invoke(now: 119 * Self.second, &ledger)?.start == .cold)
        let starts = (0..<3).map { _ in lambda.invoke(now: 120 * Self.second, &ledger)?.start }
        #expect(starts == [.provisioned, .provisioned, .cold])
    }

    @Test(arguments: [(1, 1), (299, 1), (300, 2), (301, 2), (900, 4)])
    func `pays for provisioned concurrency in blocks of five minutes`(seconds: Int, blocks: Int) throws {
        var (lambda, ledger) = (try Self.lambda(), Ledger())
        lambda.provision(3, now: 0, &ledger)
        lambda.provision(0, now: Int64(seconds) * Self.second, &ledger)
        lambda.bill(now: 10_000 * Self.second, &ledger)
        let block = try World.catalogue().lambdaX86.provisioned(memoryMiB: 1769) * .seconds(300)
        #expect(ledger[.provisionedConcurrency] == block * 3 * blocks)
    }
}
