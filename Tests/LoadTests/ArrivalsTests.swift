import Load
import Testing

@Suite struct `The times of requests` {
    private static func times(_ pattern: Arrivals.Pattern, seed: UInt64 = 1, until end: Duration)
        -> [Duration]
    {
        var arrivals = Arrivals(pattern, seed: seed)
        var times: [Duration] = []
        while let time = arrivals.next(), time < end { times.append(time) }
        return times
    }

    @Test(arguments: [10.0, 1000, 50_000])
    func `of a Poisson process keep their mean rate and vary as they should`(rate: Double) {
        let seconds = 200_000 / rate
        let times = Self.times(.poisson(perSecond: rate), until: .seconds(seconds))
        #expect(abs(Double(times.count) / (rate * seconds) - 1) < 0.02)
        let gaps = zip(times, times.dropFirst()).map { ($1 - $0) / .seconds(1) * rate }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let deviations = gaps.map { ($0 - mean) * ($0 - mean) }
        let variance = deviations.reduce(0, +) / Double(gaps.count)
        #expect(abs(variance - 1) < 0.05, "the gaps of a Poisson process vary as much as they last")
    }

    @Test func `at a constant rate are evenly spaced`() {
        #expect(
            Self.times(.constant(perSecond: 4), until: .seconds(1))
                == [0, 250, 500, 750].map { .milliseconds($0) }
        )
    }

    @Test func `are the same for the same seed, and others for another`() {
        let one = Self.times(.poisson(perSecond: 100), seed: 7, until: .seconds(5))
        #expect(one == Self.times(.poisson(perSecond: 100), seed: 7, until: .seconds(5)))
        #expect(one != Self.times(.poisson(perSecond: 100), seed: 8, until: .seconds(5)))
    }

    @Test func `of a trace fill each minute with its count, faster and more on demand`() {
        let times = Self.times(.trace([60, 0, 30], speed: 60, scale: 2), until: .seconds(10))
        #expect(times == times.sorted())
        let counts = (0..<3).map { second in
            times.count { $0 >= .seconds(second) && $0 < .seconds(second + 1) }
        }
        #expect(counts == [120, 0, 60])
        #expect(times.count == 180)
    }

    @Test func `of a scaled trace keep fractions of requests on average`() {
        let times = Self.times(
            .trace(Array(repeating: 1, count: 4000), speed: 60, scale: 0.25),
            until: .seconds(4000)
        )
        #expect(abs(times.count - 1000) < 100)
    }
}
