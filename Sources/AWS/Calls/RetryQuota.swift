/// What retries may cost a client in all, so that a service in trouble is not asked ever more (standard mode's token bucket).
package struct RetryQuota: Equatable, Sendable {
    package static let capacity = 500

    package private(set) var available = capacity

    package init() {}

    package static func cost(of kind: FailureKind) -> Int { kind == .timeout ? 10 : 5 }

    /// Takes what a retry costs; false when that much is not left.
    mutating func take(_ cost: Int) -> Bool {
        guard cost <= available else { return false }
        available -= cost
        return true
    }

    /// Gives back what the last retry took, or 1 for a success at the first try.
    mutating func succeed(afterPaying cost: Int?) { available = min(Self.capacity, available + (cost ?? 1)) }
}
