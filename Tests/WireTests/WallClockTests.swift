import Seeded
import TestKit
import Testing
import Wire

@Suite struct `times of day` {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-23T20:28:20Z", 1_795_465_700_000),
        ("2024-02-29T23:59:59.9Z", 1_709_251_199_900),
        ("2026-11-23T20:28:20.123456Z", 1_795_465_700_123), ("2100-03-01T00:00:00.05Z", 4_107_542_400_050),
    ])
    func `are read from ISO 8601`(text: String, milliseconds: Int64) {
        #expect(WallClock(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "Z", "TZ", "2026-11-23", "2026-11-23T20:28:20", "2026-11-23T20:28:20+01:00",
        "2026-13-01T00:00:00Z", "2026-01-32T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00Z", "2026-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.-1Z", "2026-01-01T00:00:00.1.2Z",
        "2026-01-01T00:00:00.x1Z",
    ])
    func `that are none are not read`(text: String) { #expect(WallClock(iso8601: text) == nil) }

    @Test func `are read from HTTP's dates`() {
        #expect(
            WallClock(http: "Mon, 23 Nov 2026 20:28:20 GMT") == WallClock(iso8601: "2026-11-23T20:28:20Z")
        )
        for text in [
            "", "Mon, 23 Nov 2026 20:28:20 CET", "Mon, 23 Nvo 2026 20:28:20 GMT",
            "Monday, 23-Nov-26 20:28:20 GMT",
        ] {
            #expect(WallClock(http: text) == nil)
        }
    }

    @Test func `are read as they are written`() {
        let failure = firstFailure(of: 0..<2000) { generator in
            // To the year 9999.
            let time = WallClock(milliseconds: Int64(generator.unit() * 253_402_300_799_000))
            return WallClock(iso8601: time.description) == time
        }
        #expect(failure == nil)
    }

    @Test func `move by durations and count seconds`() {
        #expect(WallClock(seconds: 1.0005).milliseconds == 1001)
        #expect((WallClock(milliseconds: 1500) + .milliseconds(-501)).seconds == 0.999)
    }
}
