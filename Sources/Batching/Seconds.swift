/// Durations as plain numbers, for rates and statistics.
///
/// The standard library divides and multiplies durations with 128 bits, which takes longer than all else that is done for a request.
extension Duration {
    private static let attosecondsPerSecond = 1e18

    /// In seconds.
    var inSeconds: Double {
        let short = Int64(truncatingIfNeeded: attoseconds)
        return Int128(short) == attoseconds ? Double(short) / Self.attosecondsPerSecond : self / .seconds(1)
    }

    /// So many seconds, up to whole nanoseconds, as a timer that is set to now would never let time pass; thirty years at most.
    init(inSeconds seconds: Double) { self = .nanoseconds(Int64(min(seconds * 1e9, 1e18).rounded(.up))) }
}
