/// Why a request is turned away.
package struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: String, CaseIterable, Sendable {
        /// It would end after its deadline.
        case late
        /// Its deadline is too near even for an idle executor.
        case hopeless
        /// As much waits and runs as can be served in time.
        case full
        /// A more important request took its place.
        case displaced
        /// It was accepted, and what came before it took longer than expected.
        case overdue
        /// Its batch failed, and no time is left to run it again.
        case failed
        /// The backend is about to end.
        case draining
    }

    package let reason: Reason
    /// When to try again.
    package let retryAfter: Duration

    package init(_ reason: Reason, retryAfter: Duration = .seconds(1)) {
        self.reason = reason
        self.retryAfter = retryAfter
    }

    /// Whole seconds for `Retry-After`, at least 1 (RFC 9110, section 10.2.3).
    package var retryAfterSeconds: Int {
        let (seconds, rest) = retryAfter.components
        return max(1, Int(clamping: seconds) + (rest > 0 ? 1 : 0))
    }

    package var description: String {
        switch reason {
        case .late:
            "the request would be late: what is queued takes longer than its deadline allows; try another backend"
        case .hopeless: "the deadline is nearer than the model's time for one request; allow more time"
        case .full: "as many requests are under way as can be served in time; try another backend"
        case .displaced: "a request of higher priority took this one's place; try another backend"
        case .overdue: "the requests before this one took longer than expected; try another backend"
        case .failed: "the batch of this request failed, and its deadline leaves no time to run it again"
        case .draining: "this backend is about to end; try another backend"
        }
    }
}

extension Refusal.Reason {
    /// Its place among all cases.
    var position: Int {
        switch self {
        case .late: 0
        case .hopeless: 1
        case .full: 2
        case .displaced: 3
        case .overdue: 4
        case .failed: 5
        case .draining: 6
        }
    }
}
