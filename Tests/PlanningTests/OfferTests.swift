import Batching
import Planning
import Testing

@Suite struct `An offer` {
    private let catalogue: Catalogue

    init() throws { catalogue = try Catalogue(PriceList.usEast1()) }

    private func offers(_ milliseconds: Int) throws -> (offers: [Offer], lambda: Double) {
        let workload = try Workload.synthetic(
            .init(name: "m", latency: .milliseconds(milliseconds)),
            slo: .milliseconds(500),
            target: 0.98,
            margin: .zero,
            catalogue: catalogue
        )
        return (Offer.all(workload, catalogue), workload.lambdaCost(catalogue.lambdaX86).amount)
    }

    private func offer(_ pool: String, _ milliseconds: Int) throws -> (offer: Offer, lambda: Double) {
        let (offers, lambda) = try offers(milliseconds)
        return (try #require(offers.first { $0.pool == pool }), lambda)
    }

    @Test(arguments: [(20, 30.4), (50, 14.4), (100, 7.7), (300, 2.7)])
    func `pays from the rate that the reference model has for c5 large`(latency: Int, rate: Double) throws {
        let (offer, lambda) = try offer("c5.large on-demand", latency)
        let breakEven = try #require(offer.breakEven(lambda: lambda))
        #expect(abs(breakEven - rate) < 0.06)
    }

    @Test func `costs as much as Lambda at the rate from which on it pays, credits included`() throws {
        for latency in [5, 20, 100, 300] {
            let (offers, lambda) = try offers(latency)
            for offer in offers {
                guard let rate = offer.breakEven(lambda: lambda) else { continue }
                #expect(rate <= offer.capacity)
                let hourly = rate * lambda * 3600
                #expect(abs(offer.price(at: rate).amount - hourly) < 1e-6 * hourly + 1e-8, "\(offer.pool)")
            }
        }
    }

    @Test func `of a burstable type costs more once its credits do not suffice`() throws {
        let (offer, _) = try offer("t4g.medium on-demand", 20)
        #expect(offer.sustained < offer.capacity)
        #expect(offer.price(at: offer.sustained) == offer.price)
        // 85 % busy of two vCPUs, 20 % of each earned, at 4 cents a vCPU-hour.
        let surplus = offer.price(at: offer.capacity) - offer.price
        #expect(abs(surplus.amount - 0.04 * 2 * (0.85 - 0.2)) < 1e-6)
    }

    @Test func `that is the cheapest a request comes first`() throws {
        let costs = try offers(50).offers.map(\.dollarsPerMillion)
        #expect(costs == costs.sorted() && costs.count > 100)
    }
}

@Suite struct `What a steady rate costs` {
    private func map(_ markets: [Market], rates: [Double]) throws -> BreakEvenMap {
        try BreakEvenMap(
            .init(name: "m", latency: .zero, batchingGain: 4),
            slo: .milliseconds(300),
            target: 0.98,
            margin: .milliseconds(10),
            catalogue: Catalogue(PriceList.usEast1()),
            architecture: .x86,
            isOffered: { markets.contains($0.market) },
            rates: rates,
            latencies: [.milliseconds(5), .milliseconds(100), .seconds(20)]
        )
    }

    @Test func `is least with Lambda alone for a request now and then, and never much above it`() throws {
        let map = try map(Market.allCases, rates: [0.01, 1, 1000])
        let rare = try #require(map.cells[0][0])
        #expect(rare[0].kind == .lambda && rare[0].instances == 0)
        let many = try #require(map.cells[1][2])
        #expect(many[0].kind == .spot && many[0].instances > 1)
        #expect(many.map(\.perHour) == many.map(\.perHour).sorted())
    }

    @Test func `has no spot where it is not bought on`() throws {
        let cell = try #require(try map([.onDemand], rates: [1000]).cells[1][0])
        #expect(cell.map(\.kind) == [.onDemand, .burstable, .lambda])
        #expect(cell.allSatisfy { $0.offer?.market != .spot })
    }

    @Test func `is told of nothing that no function serves in time`() throws {
        #expect(try map(Market.allCases, rates: [1]).cells[2][0] == nil)
    }

    @Test func `turns from Lambda to an instance where the lowest break-even is`() throws {
        let lowest = try map(Market.allCases, rates: [1]).breakEvens[1][0].rate
        let map = try map(Market.allCases, rates: [lowest * 0.99, lowest * 1.01])
        #expect(map.cells[1].map { $0?[0].kind == .lambda } == [true, false])
    }
}
