import Forecasting
import Seeded
import Simulation
import Testing

@Suite struct `A load that is scaled` {
    @Test func `has its forecasts scaled too`() throws {
        var generator = SeededGenerator(seed: 1)
        let counts: [Double?] = (0..<90).map { $0 == 50 ? nil : Double(generator.below(1000)) }
        let track = LoadTrack(counts, start: 0)
        let doubled = track.scaled(by: 2)
        #expect(doubled.counts == counts.map { $0.map { 2 * $0 } })
        let (before, after) = (try #require(track.forecasts.last), try #require(doubled.forecasts.last))
        #expect(!before.isEmpty && after.map(\.maxQ90) == before.map { 2 * $0.maxQ90 })
        #expect(after.map(\.horizon) == before.map(\.horizon))
    }
}
