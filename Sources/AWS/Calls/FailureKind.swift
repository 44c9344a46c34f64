import CURL

/// What a failure asks for (botocore's standard mode, its codes and status codes, and EC2's "Error codes").
package enum FailureKind: Equatable, Sendable {
    /// Nothing was sent: no address, no connection.
    case notSent
    /// The answer was lost, or the service failed inside: the operation may have run.
    case transient
    /// As `transient`, after a time in which much could have happened.
    case timeout
    /// Too many requests; nothing ran.
    case throttled
    /// The signature's time is off, or could be.
    case clockSkew
    /// The credentials have lapsed; newer ones may be had.
    case expiredCredentials
    /// The pool of this type, zone and market is empty: try another, come back to it in minutes.
    case capacity
    /// The account may have no more of this class, whatever the pool.
    case accountLimit
    /// Not visible yet, as just after a launch: read again, do not launch again.
    case notYetVisible
    /// Anything else: the same request would fail the same way.
    case final

    init(_ error: CURLError) {
        switch error {
        case .nameNotResolved, .connectionRefused: self = .notSent
        case .timeout: self = .timeout
        case .failed: self = .transient
        case .libraryMissing, .unavailable, .invalidRequest, .responseTooLarge, .insecure, .cancelled,
            .closed:
            self = .final
        }
    }

    package init(status: Int, code: String) {
        if let kind = Self.ofCodes[code] {
            self = kind
        } else if status == 429 {
            self = .throttled
        } else {
            self = [500, 502, 503, 504].contains(status) ? .transient : .final
        }
    }

    /// A launch's error code, from an error or from the list in CreateFleet's good answer.
    package init(code: String) { self.init(status: 0, code: code) }

    private static let ofCodes: [String: FailureKind] = {
        let codes: [(FailureKind, [String])] = [
            (
                .throttled,
                [
                    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
                    "RequestThrottledException", "TooManyRequestsException", "TransactionInProgressException",
                    "ProvisionedThroughputExceededException", "RequestLimitExceeded",
                    "BandwidthLimitExceeded",
                    "LimitExceededException", "SlowDown", "EC2ThrottledException", "PriorRequestNotComplete",
                ]
            ),
            (.transient, ["RequestTimeout", "RequestTimeoutException"]),
            (
                .clockSkew,
                [
                    "RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch",
                    "InvalidSignatureException",
                    "AuthFailure", "RequestInTheFuture",
                ]
            ),
            (.expiredCredentials, ["ExpiredToken", "ExpiredTokenException"]),
            (
                .capacity,
                [
                    "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity",
                    "UnfulfillableCapacity", "Unsupported", "SpotMaxPriceTooLow",
                    "InsufficientFreeAddressesInSubnet",
                ]
            ),
            (
                .accountLimit,
                [
                    "MaxSpotInstanceCountExceeded", "VcpuLimitExceeded", "InstanceLimitExceeded",
                    "MaxFleetCountExceeded",
                ]
            ),
            (.notYetVisible, ["InvalidInstanceID.NotFound"]),
        ]
        return [String: FailureKind](
            uniqueKeysWithValues: codes.flatMap { kind, codes in codes.map { ($0, kind) } }
        )
    }()

    /// Whether the operation may have run before it failed.
    var isAmbiguous: Bool { self == .transient || self == .timeout }
}
