import LocalCloud
import Seeded
import Testing

@Suite struct `decimal numbers` {
    @Test(arguments: [
        ("0", "0"), ("-0", "0"), ("007", "7"), ("1.50", "1.5"), ("-12.300", "-12.3"), ("1e3", "1000"),
        ("1.5E-3", "0.0015"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"), ("0.000", "0"),
        ("+5", "5"),
    ])
    func `are kept in their shortest form`(text: String, kept: String) {
        #expect(DecimalNumber(text)?.description == kept)
    }

    @Test(arguments: [
        "", "-", "a", "1.2.3", "1e", "NaN", "0x1", "123456789012345678901234567890123456789", "1e126", " 1",
    ])
    func `what is none, or too long, is refused`(text: String) { #expect(DecimalNumber(text) == nil) }

    @Test func `compare and add as integers do`() throws {
        var chance = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let (one, other) = (
                chance.below(2001) - 1000, chance.below(20) < 2 ? 0 : chance.below(200_001) - 100_000
            )
            let (left, right) = (DecimalNumber(one), DecimalNumber(other))
            #expect((left < right) == (one < other))
            #expect(left.adding(right) == DecimalNumber(one + other))
        }
    }

    @Test func `add without loss, or not at all`() throws {
        let tenth = try #require(DecimalNumber("0.1"))
        #expect(tenth.adding(try #require(DecimalNumber("0.2")))?.description == "0.3")
        let large = try #require(DecimalNumber("1e37"))
        #expect(large.adding(DecimalNumber(1))?.description == "10000000000000000000000000000000000001")
        #expect(large.adding(tenth) == nil)
    }
}
