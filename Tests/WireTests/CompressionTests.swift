import TestKit
import Testing
import Wire

@Suite struct `Compressed bodies` {
    private static let text = Array(String(repeating: "a body that repeats itself; ", count: 500).utf8)

    @Test(arguments: ContentCoding.allCases)
    func `inflate to what was deflated`(coding: ContentCoding) throws {
        let deflated = try #require(coding.deflate(Self.text))
        #expect(deflated.count < Self.text.count / 10)
        #expect(try coding.inflate(deflated[...], limit: 1 << 20) == Self.text)
    }

    @Test(arguments: ContentCoding.allCases)
    func `may be as large as the limit and no larger`(coding: ContentCoding) throws {
        let deflated = try #require(coding.deflate(Self.text))
        #expect(try coding.inflate(deflated[...], limit: Self.text.count) == Self.text)
        #expect(throws: InflationError.tooLarge(limit: Self.text.count - 1)) {
            try coding.inflate(deflated[...], limit: Self.text.count - 1)
        }
    }

    @Test(arguments: ContentCoding.allCases)
    func `are refused when cut short at any byte`(coding: ContentCoding) throws {
        let deflated = try #require(coding.deflate(Self.text))
        for count in 0..<deflated.count {
            #expect(throws: InflationError.self) {
                try coding.inflate(deflated.prefix(count), limit: 1 << 20)
            }
        }
    }

    @Test(arguments: ContentCoding.allCases)
    func `are refused when damaged or of another coding`(coding: ContentCoding) throws {
        var deflated = try #require(coding.deflate(Self.text))
        deflated[deflated.count / 2] ^= 0xFF
        #expect(throws: InflationError.self) { try coding.inflate(deflated[...], limit: 1 << 20) }
        #expect(throws: InflationError.self) { try coding.inflate(Self.text[...], limit: 1 << 20) }
    }

    @Test func `of several gzip members are their concatenation`() throws {
        let members =
            try #require(ContentCoding.gzip.deflate(Array("one ".utf8)))
            + #require(ContentCoding.gzip.deflate(Array("two".utf8)))
        #expect(try ContentCoding.gzip.inflate(members[...], limit: 100) == Array("one two".utf8))
    }

    @Test(
        arguments: [
            ("gzip", ContentCoding.gzip), ("deflate, gzip", .deflate), ("br;q=1.0, gzip;q=0.8", .gzip),
            ("GZIP", .gzip), ("gzip;q=0, deflate", .deflate), ("identity", nil), ("br", nil), ("", nil),
            ("gzip;q=0.0", nil),
        ] as [(String, ContentCoding?)]
    )
    func `are chosen by what the caller accepts`(header: String, coding: ContentCoding?) {
        #expect(ContentCoding.accepted(by: header) == coding)
    }
}
