package import Planning

/// What was paid for what: the bill is the sum of its lines.
package struct Ledger: Equatable, Sendable {
    package enum Line: String, CaseIterable, Hashable, Sendable {
        case lambdaDuration = "Lambda duration"
        case lambdaRequests = "Lambda requests"
        case lambdaInit = "Lambda INIT"
        case warmUp = "warm-up"
        case provisionedConcurrency = "provisioned concurrency"
        case burstable, spot
        case onDemand = "on-demand"
        case surplusCredits = "surplus CPU credits"
        case managed
        /// The router function in front of the fleet, while it is.
        case router
        case gateway
    }

    private var amounts = [Dollars](repeating: .zero, count: Line.allCases.count)

    package init() {}

    package private(set) subscript(line: Line) -> Dollars {
        get { amounts[line.position] }
        set { amounts[line.position] = newValue }
    }

    package mutating func post(_ amount: Dollars, to line: Line) {
        precondition(
            amount >= .zero,
            "\(line.rawValue): \(amount.nanodollars) nanodollars; nothing here pays back"
        )
        amounts[line.position] += amount
    }

    package var total: Dollars { amounts.reduce(.zero, +) }
}

extension Ledger.Line {
    /// By declaration: a ledger is an array, as it is written to for every request.
    fileprivate var position: Int {
        switch self {
        case .lambdaDuration: 0
        case .lambdaRequests: 1
        case .lambdaInit: 2
        case .warmUp: 3
        case .provisionedConcurrency: 4
        case .burstable: 5
        case .spot: 6
        case .onDemand: 7
        case .surplusCredits: 8
        case .managed: 9
        case .router: 10
        case .gateway: 11
        }
    }
}
