import AWS
import Routing
import Testing
import Wire

@Suite struct `Outcomes of requests` {
    private func at(_ seconds: Double) -> Moment {
        Moment(monotonic: .seconds(seconds), wall: World.start + .seconds(seconds))
    }

    private func parsed(_ line: [UInt8]?) throws -> JSON { try JSON(parsing: try #require(line)) }

    @Test func `of plain successes are written every ten seconds`() throws {
        var counts = RoutingCounts(stack: "shop")
        for second in 0..<10 { #expect(counts.count(.servedFirst, nil, now: at(Double(second))) == nil) }
        let line = try parsed(counts.count(.servedFirst, nil, now: at(10)))
        #expect(line["RouterServedFirst"] == 11)
        #expect(line["Stack"] == "shop")
        #expect(line["_aws"]?["Timestamp"] == .integer(World.start.milliseconds + 10_000))
        #expect(counts.count(.servedFirst, nil, now: at(19.9)) == nil)
    }

    @Test func `of another kind are written at once, with what is due and why`() throws {
        var counts = RoutingCounts(stack: "shop")
        _ = counts.count(.servedFirst, nil, now: at(0))
        let line = try parsed(counts.count(.spilled(.timedOut), "it hung", now: at(1)))
        #expect(line["RouterServedFirst"] == 1)
        #expect(line["RouterSpilledTimedOut"] == 1)
        #expect(line["detail"] == "it hung")
        let next = try parsed(counts.count(.failed, nil, now: at(1)))
        #expect(next["RouterServedFirst"] == nil)
        #expect(next["RouterFailed"] == 1)
    }

    @Test func `each have a metric of their own, and each request is counted once`() throws {
        let outcomes =
            [RoutingOutcome.servedFirst, .servedSecond, .failed] + SpillCause.allCases.map { .spilled($0) }
        #expect(Set(outcomes.map(\.metric)).count == 10)
        var counts = RoutingCounts(stack: "shop")
        var total = 0
        for number in 0..<1000 {
            let outcome = outcomes[number * 7 % outcomes.count]
            guard let line = counts.count(outcome, nil, now: at(Double(number) / 10)) else { continue }
            let json = try JSON(parsing: line)
            total += outcomes.reduce(0) { $0 + (json[$1.metric]?.intValue ?? 0) }
        }
        // The last ones wait for the next line.
        #expect((990...1000).contains(total))
    }
}
