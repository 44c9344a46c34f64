/// By when each part of a cycle has to be done, on the monotonic clock: what comes first cannot take the time of what comes after.
struct CycleDeadlines: Equatable, Sendable {
    let leasing: Duration
    let reading: Duration
    let acting: Duration
    let remembering: Duration
    let end: Duration

    /// - Parameter time: until the function is ended; a twentieth of it, a second at most, is kept for the answer.
    init(from start: Duration, within time: Duration) {
        let usable = max(.zero, time - min(.seconds(1), time / 20))
        leasing = start + min(.seconds(12), usable * 0.3)
        reading = start + min(.seconds(25), usable * 0.5)
        acting = start + usable * 0.8
        remembering = start + usable * 0.95
        end = start + usable
    }
}
