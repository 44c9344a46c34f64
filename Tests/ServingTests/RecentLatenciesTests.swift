import Histograms
import Serving
import Testing

@Suite struct `Recent latencies` {
    @Test func `are those of the last ten to twenty seconds`() {
        var latencies = RecentLatencies()
        for second in 0..<30 { latencies.record(.milliseconds(100), now: .seconds(second)) }
        #expect(latencies.all(now: .seconds(29)).count == 20)
        #expect(latencies.all(now: .seconds(30)).count == 10, "a window has just ended")
        latencies.record(.milliseconds(5), now: .seconds(31))
        #expect(latencies.all(now: .seconds(31)).count == 11)
    }

    @Test func `are none after a pause`() {
        var latencies = RecentLatencies()
        latencies.record(.milliseconds(100), now: .seconds(100))
        #expect(latencies.all(now: .seconds(119)).count == 1)
        #expect(latencies.all(now: .seconds(120)).count == 0)
        latencies.record(.milliseconds(5), now: .seconds(1000))
        #expect(latencies.all(now: .seconds(1000)).percentile(0.98) <= .milliseconds(5.4))
    }

    @Test func `are known within six percent`() {
        var latencies = RecentLatencies()
        for milliseconds in 1...100 { latencies.record(.milliseconds(milliseconds), now: .seconds(1)) }
        let p98 = latencies.all(now: .seconds(1)).percentile(0.98)
        #expect(p98 >= .milliseconds(98) && p98 <= .milliseconds(104))
    }
}
