import Planning
import Testing

@Suite struct `Prices` {
    @Test func `are whole billionths, whose sum does not depend on the order`() {
        #expect(DollarsPerHour(0.0416) * .seconds(1800) == Dollars(nanodollars: 20_800_000))
        let amounts = [0.1, 0.2, 0.3, 1e-9, 5e6].map { Dollars($0) }
        #expect(amounts.reduce(.zero, +) == amounts.reversed().reduce(.zero, +))
    }

    @Test func `come with the program, each with a source and a date`() throws {
        let prices = try PriceList.usEast1()
        #expect(prices.rows.count > 190)
        #expect(prices.rows.allSatisfy { !$0.source.isEmpty && !$0.basis.isEmpty })
        #expect(try prices.dollars("ec2-on-demand-linux", "c7g.large") == 0.0725)
    }

    @Test func `bill Lambda by whole milliseconds`() throws {
        let lambda = try Catalogue(PriceList.usEast1()).lambdaX86
        // 1,769 MB for 100 ms: 1.7275 GB * 0.1 s * 0.0000166667, and 0.0000002 for the request.
        #expect(lambda.cost(of: .milliseconds(100), memoryMiB: 1769) == Dollars(nanodollars: 3079))
        #expect(
            lambda.cost(of: .microseconds(99_001), memoryMiB: 1769)
                == lambda.cost(of: .milliseconds(100), memoryMiB: 1769)
        )
    }

    @Test func `know which machines earn credits, and how often spot is taken back`() throws {
        let catalogue = try Catalogue(PriceList.usEast1())
        let burstable = try #require(catalogue["t4g.medium"])
        #expect(burstable.burst?.baseline == 0.2 && burstable.kind(.spot) == .burstable)
        let machine = try #require(catalogue["c7g.large"])
        #expect(machine.burst == nil && machine.kind(.spot) == .spot && machine.architecture == .arm64)
        #expect((machine.spot?.interruptionsPerHour ?? 0) > 0)
        #expect(try #require(catalogue["g5.xlarge"]).hasAccelerator)
    }

    @Test func `are replaced one by one, and the row says by whom`() throws {
        var prices = try PriceList.usEast1()
        try prices.override("ec2-spot-linux-typical/c7g.large=0.5")
        let row = try #require(prices["ec2-spot-linux-typical", "c7g.large"])
        #expect(row.dollars == 0.5 && row.basis == "given" && !row.isListed)
    }

    private static let header = "service,item,region,price_usd,unit,basis,source,source_date,notes\n"

    @Test(arguments: [
        ("", "begins otherwise"), ("lambda,duration\n", "begins otherwise"),
        (header + "lambda,request,r,0.2\n", "line 2 of the price list has 4 columns"),
        (header + "lambda,request,r,much,u,b,s,d,n\n", "line 2 of the price list has the price 'much'"),
    ])
    func `that are none are named with their line`(text: String, words: String) {
        #expect {
            try PriceList(parsing: text)
        } throws: {
            "\($0)".contains(words)
        }
    }

    @Test(arguments: ["x=1", "lambda/request=-1", "lambda/request", "lambda/none=1"])
    func `cannot be replaced by what is no price`(text: String) throws {
        var prices = try PriceList.usEast1()
        #expect(throws: InvalidPriceList.self) { try prices.override(text) }
    }
}
