/// Requests per minute, with gaps, over a bounded past.
package struct LoadSeries: Equatable, Sendable {
    package enum Observation: Equatable, Sendable {
        /// The series goes on; that many minutes before this one are missing.
        case next(missing: Int)
        /// The last minute was told again, or one before it: a clock that went back. Nothing changes.
        case past
        /// So much is missing that the past says nothing any more: the series begins anew.
        case restart
    }

    /// Minutes that are kept: two weeks to learn from, and the one before that they look back to.
    package static let capacity = 22 * 1440
    /// A gap as long as this is a new beginning: what was true two days ago is not a forecast.
    package static let gapMax = 2880

    /// The minute of `counts[0]`, since any fixed midnight (UTC: of 1970).
    package private(set) var start = 0
    /// Requests of each minute; the one before, where `isMissing`.
    package private(set) var counts: [Double] = []
    package private(set) var isMissing: [Bool] = []

    package init() {}

    init(start: Int, counts: [Double], isMissing: [Bool]) {
        (self.start, self.counts, self.isMissing) = (start, counts, isMissing)
    }

    package init(start: Int = 0, _ counts: [Double?]) {
        for (index, count) in counts.enumerated() { _ = observe(count, minute: start + index) }
    }

    package var count: Int { counts.count }
    package var lastMinute: Int? { counts.isEmpty ? nil : start + counts.count - 1 }

    /// - Parameter count: requests of that minute, kept to seven digits; nil, negative and not a number mean that nobody knows.
    package mutating func observe(_ count: Double?, minute: Int) -> Observation {
        let count = count.flatMap { $0.isFinite && $0 >= 0 ? Double(Float(min($0, 1e12).rounded())) : nil }
        guard let lastMinute else {
            guard let count else { return .next(missing: 0) }
            start = minute
            append(count)
            return .next(missing: 0)
        }
        guard minute > lastMinute else { return .past }
        let missing = minute - lastMinute - 1
        if missing >= Self.gapMax {
            self = LoadSeries()
            _ = observe(count, minute: minute)
            return .restart
        }
        for _ in 0..<missing { append(nil) }
        append(count)
        return .next(missing: missing)
    }

    private mutating func append(_ count: Double?) {
        counts.append(count ?? counts.last ?? 0)
        isMissing.append(count == nil)
        // A day at once, so that it costs next to nothing.
        guard counts.count > Self.capacity + 1440 else { return }
        counts.removeFirst(1440)
        isMissing.removeFirst(1440)
        start += 1440
    }
}
