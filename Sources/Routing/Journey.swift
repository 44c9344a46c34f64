package import Fleet

/// A request on its way through the router.
package struct Journey: Sendable {
    /// When its objective ends, on the monotonic clock.
    let objective: Duration
    /// Ids of the backends that did not answer it.
    var tried: [String] = []
    var lastFailure: Failure?

    package init(objective: Duration) { self.objective = objective }

    mutating func left(_ backend: RegisteredBackend, because failure: Failure) {
        tried.append(backend.id)
        lastFailure = failure
    }

    /// The backends that one request asks before it spills.
    static let triesMax = 2
}

/// One try at a backend.
package struct Attempt: Equatable, Sendable {
    package let backend: RegisteredBackend
    /// How long it may take, from now to the last byte.
    package let share: Duration
    package let isSecond: Bool

    /// What the backend is told: less than it has, for the way there and back.
    package var granted: Duration { share - max(.milliseconds(2), share / 20) }

    /// For connection and handshake: a machine on the same network accepts in a millisecond or is gone, but the handshake's 3 ms of work
    /// take a function with a fourteenth of a processor over 40.
    package var connectShare: Duration { min(.milliseconds(250), share / 2) }
}

/// Why a backend did not answer a request.
package enum Failure: Equatable, Sendable, CustomStringConvertible {
    /// It says that it cannot keep the deadline: 503 with `x-mark-bounced`.
    case bounced(String)
    case timedOut
    /// It does not know the token.
    case unauthorised
    /// No connection, an error of its own, or what is no answer to an inference.
    case failed(String)
    /// The request cannot be sent as it is, which is no fault of the backend's.
    case unsendable(String)

    package var description: String {
        switch self {
        case .bounced(let reason): "it was refused (\(reason))"
        case .timedOut: "no answer came within its share of the deadline"
        case .unauthorised: "the backend did not take the token"
        case .failed(let reason): reason
        case .unsendable(let reason): "it could not be sent: \(reason)"
        }
    }
}

/// Why a request goes to the inference function.
package enum SpillCause: String, CaseIterable, Sendable {
    /// It asks for something else than an inference.
    case notInference = "NotInference"
    /// No backend serves that is not avoided.
    case noBackend = "NoBackend"
    case tableUnreachable = "TableUnreachable"
    case tooLittleTime = "TooLittleTime"
    /// The last one tried bounced it.
    case refused = "Refused"
    case timedOut = "TimedOut"
    case failed = "Failed"

    init(_ failure: Failure) {
        switch failure {
        case .bounced: self = .refused
        case .timedOut: self = .timedOut
        case .unauthorised, .failed, .unsendable: self = .failed
        }
    }
}
