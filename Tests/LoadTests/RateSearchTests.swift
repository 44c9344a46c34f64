import Load
import Testing

@Suite struct `A search for the highest rate` {
    @Test(arguments: [1.0, 3, 99, 100, 101, 350, 12_345])
    func `brackets the limit within its precision, wherever it begins`(limit: Double) {
        var search = RateSearch(first: 100)
        var probes = 0
        while let rate = search.next {
            search.tried(rate, holds: rate <= limit)
            probes += 1
        }
        #expect((search.held ?? 0) <= limit)
        #expect((search.held ?? 0) * 1.031 >= limit)
        #expect(probes < 20)
    }

    @Test func `ends without an answer where nothing holds`() {
        var search = RateSearch(first: 100)
        while let rate = search.next { search.tried(rate, holds: false) }
        #expect(search.held == nil)
    }
}
