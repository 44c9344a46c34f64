/// When to read something from the table, and how long to wait for it.
///
/// A reading that fails is repeated less and less often, and each time given longer: on a function's small share of a processor the
/// handshake with a service may need more than a request should ever wait, and bounds that never grow would cut every one short.
struct ReadingSchedule: Equatable, Sendable {
    private let period: Duration
    private var isUnderWay = false
    private var failures = 0
    private var lastEnd: Duration?
    /// Nil means at once.
    private var next: Duration?

    private static let (boundMin, boundMax) = (Duration.milliseconds(100), Duration.seconds(1))
    private static let pauseMax = Duration.seconds(8)
    /// Between two readings that someone has asked for.
    private static let hasteMax = Duration.seconds(1)

    /// - Parameter period: how long what was read is used.
    init(period: Duration) { self.period = period }

    /// Begins a reading that is due; returns how long it may take.
    mutating func begin(now: Duration) -> Duration? {
        guard !isUnderWay, next.map({ now >= $0 }) ?? true else { return nil }
        isUnderWay = true
        return min(Self.boundMin * (1 << min(failures, 8)), Self.boundMax)
    }

    mutating func end(succeeded: Bool, now: Duration) {
        isUnderWay = false
        lastEnd = now
        let pause = min(.seconds(1) * (1 << min(failures, 8)), Self.pauseMax)
        failures = succeeded ? 0 : failures + 1
        next = now + (succeeded ? period : pause)
    }

    /// What was read has turned out to be wrong.
    mutating func hasten() {
        guard let lastEnd, let planned = next else { return }
        next = min(planned, lastEnd + Self.hasteMax)
    }
}
