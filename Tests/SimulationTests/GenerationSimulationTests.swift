import Batching
import Simulation
import Testing

@Suite struct `Texts in simulation` {
    /// An LSTM of two layers of 650 units: 3.5 ms a step alone, 11.2 ms for 32.
    private func policy(slots: Int) throws -> GenerationPolicy {
        let steps = (1...max(slots, 2)).map { ($0, Duration.microseconds(3250 + 250 * $0)) }
        return try GenerationPolicy(
            step: LatencyProfile(steps),
            prompt: LatencyProfile([
                (1, .microseconds(3500)), (4, .microseconds(8000)), (64, .milliseconds(100)),
            ]),
            slots: slots,
            chunk: 64,
            slo: .seconds(2),
            margin: .milliseconds(1)
        )
    }

    private func result(slots: Int, rate: Double, lengths: ClosedRange<Int> = 32...32) throws
        -> GenerationSimulation.Result
    {
        let load = GenerationSimulation.Load(rate: rate, count: 2000, lengths: lengths, within: .seconds(2))
        var simulation = GenerationSimulation(try policy(slots: slots), load, seed: 1)
        return simulation.run()
    }

    @Test func `steps that texts share serve what one at a time cannot`() throws {
        // 20 texts of 32 tokens a second are 640 tokens; one at a time makes at most 1 / (8 + 31 * 3.5 ms) = 8.6 texts.
        let (shared, single) = (try result(slots: 32, rate: 20), try result(slots: 1, rate: 20))
        #expect(shared.counts.refused.isEmpty)
        #expect(shared.goodput > 18.5)
        #expect(single.goodput < 8.7)
        #expect(shared.textsPerStep > 2)
        #expect(single.textsPerStep == 1)
        // Far beyond it the machine does several times the work.
        let (busy, alone) = (try result(slots: 32, rate: 200), try result(slots: 1, rate: 200))
        #expect(busy.goodput > 5 * alone.goodput, "\(busy.goodput) against \(alone.goodput)")
    }

    @Test func `on an idle machine the first token comes with the prompt`() throws {
        let result = try result(slots: 32, rate: 0.01)
        #expect(result.firstToken(0.99) == .milliseconds(8))
    }

    @Test func `a request waits for one step, not for the longest text`() throws {
        let result = try result(slots: 32, rate: 15, lengths: 1...120)
        #expect(result.counts.admitted > 1900)
        #expect(result.firstToken(0.5) < .milliseconds(30))
    }

    @Test func `what is admitted is in time`() throws {
        let result = try result(slots: 16, rate: 100, lengths: 5...60)
        #expect(result.counts.late == 0)
        #expect(result.counts.refused.keys.sorted { $0.rawValue < $1.rawValue } == [.late])
    }

    @Test func `the same seed gives the same result`() throws {
        #expect(
            try result(slots: 8, rate: 50, lengths: 1...80) == result(slots: 8, rate: 50, lengths: 1...80)
        )
    }
}
