import Planning
import Seeded
import Simulation
import TestKit
import Testing

/// `FluidQueue` seen from outside: one instance without Lambda.
@Suite struct `A queue that requests flow through` {
    private struct Outcome {
        var (late, refused) = (0.0, 0.0)
    }

    /// The same in 5,000 small steps a minute.
    private static func naive(_ load: [Double], capacity: Double, limit: Double, lateFrom: Double)
        -> [Outcome]
    {
        var length = 0.0
        return load.map { arrivals in
            var outcome = Outcome()
            for _ in 0..<5000 {
                let come = arrivals / 5000
                if length > lateFrom { outcome.late += come }
                length = max(0, length + come - capacity / 5000)
                let refused = max(0, length - limit)
                length -= refused
                outcome.refused += refused
                if length + refused > lateFrom { outcome.late -= refused }
            }
            return outcome
        }
    }

    @Test func `counts who is late and who is refused as small steps do`() {
        let failure = firstFailure(of: 0..<15) { generator in
            let limit = Double(generator.below(2000))
            let load = (0..<8).map { _ in Double(generator.below(2000)) }
            let platform = Platform(overflow: .queue(max: Int(limit)), launchDelay: .seconds(60))
            let fleet = ScaledFleet(type: "reference", counts: 1...1, start: 1)
            let policy = ProportionalScaling(fleet, capacity: 840)
            let result = Reference.simulation.run(policy, over: LoadTrack(load), on: platform, name: "queue")
            // 0.38 s of patience at 14/s.
            let naive = Self.naive(load, capacity: 840, limit: limit, lateFrom: 5.32)
            return zip(result.minutes, naive).allSatisfy {
                abs($0.late - $1.late) < 4 && abs($0.refused - $1.refused) < 4
            }
        }
        #expect(failure == nil)
    }
}
