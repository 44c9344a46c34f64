/// A number that changes now and then, and its mean over time.
struct Gauge {
    private(set) var value = 0
    /// Value times nanoseconds since the mean was last taken.
    private var integral = 0.0
    private var since: Int64 = 0
    private var start: Int64 = 0

    mutating func add(_ change: Int, now: Int64) {
        integral += Double(value) * Double(now - since)
        since = now
        value += change
    }

    /// The mean since the last call.
    mutating func takeMean(now: Int64) -> Double {
        add(0, now: now)
        let mean = now > start ? integral / Double(now - start) : Double(value)
        (integral, start) = (0, now)
        return mean
    }
}
