/// Says that something fails when that begins, and that it works again when it does; not each time in between.
package struct Outages: Equatable, Sendable {
    package enum Subject: String, Hashable, Sendable {
        case heartbeat = "heartbeats"
        case token = "readings of the token"
    }

    private var since: [Subject: Duration] = [:]

    package init() {}

    /// - Parameter reason: why it failed; nil when it did not.
    /// - Returns: what is to be told.
    package mutating func note(_ subject: Subject, _ reason: String?, now: Duration) -> String? {
        switch (since[subject], reason) {
        case (nil, let reason?):
            since[subject] = now
            return "No \(subject.rawValue), tried again every few seconds: \(reason)"
        case (let start?, nil):
            since[subject] = nil
            return "Again \(subject.rawValue), after \(Int((now - start) / .seconds(1))) s without"
        case (nil, nil), (_?, _?): return nil
        }
    }
}
