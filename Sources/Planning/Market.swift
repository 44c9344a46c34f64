/// How an instance is bought.
package enum Market: String, CaseIterable, Hashable, Sendable {
    /// There until it is ended.
    case onDemand = "on-demand"
    /// Cheaper, and taken back with 120 s notice when EC2 needs it.
    case spot
}
