import Seeded
import Simulation
import TestKit
import Testing

@Suite struct `Arrivals of a minute` {
    private static let minute: Int64 = 60_000_000_000

    @Test func `come in order, within it, as many as there are`() {
        let failure = firstFailure(of: 0..<300) { generator in
            var stream = ArrivalStream(seed: generator.next())
            let (count, start) = (generator.below(3000), Int64(generator.below(1000)) * Self.minute)
            stream.draw(expected: Double(count), start: start)
            return stream.instants.count == count && stream.instants == stream.instants.sorted()
                && stream.instants.allSatisfy { (start..<start + Self.minute).contains($0) }
        }
        #expect(failure == nil)
    }

    @Test func `are spread evenly`() {
        var stream = ArrivalStream(seed: 1)
        stream.draw(expected: 100_000, start: 0)
        var bins = [Double](repeating: 0, count: 100)
        for instant in stream.instants { bins[Int(instant * 100 / Self.minute)] += 1 }
        // Chi-squared with 99 degrees of freedom: mean 99, standard deviation 14.
        let distance = bins.reduce(0) { $0 + ($1 - 1000) * ($1 - 1000) / 1000 }
        #expect((57.0..<141).contains(distance))
    }

    @Test func `are one more in as many cases as the fraction says`() {
        var stream = ArrivalStream(seed: 1)
        var sum = 0
        for _ in 0..<10_000 {
            stream.draw(expected: 2.3, start: 0)
            sum += stream.instants.count
        }
        #expect((22_800...23_200).contains(sum))
    }
}
