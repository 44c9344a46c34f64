package import Planning

/// Why a policy paid more than a clairvoyant would have.
package struct Regret: Equatable, Sendable {
    package enum Cause: String, CaseIterable, Sendable {
        case lateLaunch = "late launch"
        case earlyRelease = "early release"
        case idleTail = "idle tail"
        case wrongType = "wrong type"
        case other
    }

    private var amounts: [Cause: Dollars]

    package init(_ amounts: [Cause: Dollars]) { self.amounts = amounts }

    package subscript(cause: Cause) -> Dollars { amounts[cause] ?? .zero }
}
