extension WallClock {
    package static func + (time: WallClock, duration: Duration) -> WallClock {
        WallClock(milliseconds: time.milliseconds + Int64(duration / .milliseconds(1)))
    }

    /// Seconds since 1970, as JSON services and a table's TTL count them.
    package init(seconds: Double) { self.init(milliseconds: Int64((seconds * 1000).rounded())) }

    package var seconds: Double { Double(milliseconds) / 1000 }

    /// Reads ISO 8601 in UTC: `2026-11-23T20:28:20Z`, perhaps with a fraction, of which milliseconds are kept.
    package init?(iso8601 text: some StringProtocol) {
        let halves = text.split(separator: "T", omittingEmptySubsequences: false)
        guard halves.count == 2, halves[1].last == "Z" else { return nil }
        let date = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
        let clock = halves[1].dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard date.count == 3, let year = date[0], let month = date[1], let day = date[2] else { return nil }
        guard let whole = WallClock(year: year, month: month, day: day, clock: clock[0]) else { return nil }
        var fraction: Int64 = 0
        if clock.count > 1 {
            let digits = clock[1].prefix(3)
            guard clock.count == 2, let value = Int64(digits), value >= 0 else { return nil }
            fraction = value * [100, 10, 1][digits.count - 1]
        }
        self.init(milliseconds: whole.milliseconds + fraction)
    }

    /// Reads the `Date` of an HTTP answer (RFC 9110, section 5.6.7): `Mon, 23 Nov 2026 20:28:20 GMT`.
    package init?(http text: some StringProtocol) {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int64(words[1]), let year = Int64(words[3]),
            let month = Self.months.firstIndex(where: { words[2] == $0 })
        else { return nil }
        self.init(year: year, month: Int64(month) + 1, day: day, clock: words[4])
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private init?(year: Int64, month: Int64, day: Int64, clock: some StringProtocol) {
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
        guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2],
            (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        let inDay = hour * 3600 + minute * 60 + second
        self.init(milliseconds: (Self.days(year, month, day) * 86_400 + inDay) * 1000)
    }

    /// Days from 1970-01-01 to a date from then on, the reverse of `date`: years begin with March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let yearOfEra = year % 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return year / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
