/// When a backend reads the table's token: once a minute, soon where there is none yet, and at once when a caller brings a token that is
/// not known, as that may be the newest.
package struct TokenReadings: Equatable, Sendable {
    /// Half of this and no more passes, on average, until a backend accepts what a rotation announces ten minutes ahead.
    package static let period = Duration.seconds(60)
    /// From a reading that found none, or failed, to the next one.
    package static let retry = Duration.seconds(2)
    /// From one reading to the next: whoever sends wrong tokens pays for one reading a second, not for thousands.
    package static let least = Duration.seconds(1)

    /// Whether a token has been found at least once.
    package private(set) var isKnown = false
    /// When the next reading is due; nil while one is under way.
    package var due: Duration? { isReading ? nil : next }

    private var isReading = false
    private var began: Duration?
    private var next: Duration

    package init(now: Duration) { next = now }

    /// Whether to read now; the reading counts as begun.
    package mutating func begin(now: Duration) -> Bool {
        guard !isReading, now >= next else { return false }
        (isReading, began, next) = (true, now, now + Self.period)
        return true
    }

    /// The reading that was begun is over.
    package mutating func ended(isFound: Bool, now: Duration) {
        isReading = false
        if isFound { isKnown = true } else { next = min(next, now + Self.retry) }
    }

    /// A caller has brought a token that is not known.
    package mutating func sawUnknown(now: Duration) {
        next = min(next, max(now, began.map { $0 + Self.least } ?? now))
    }
}
