import Planning

/// What a run cost beyond the clairvoyant optimum of one type, by cause, in dollars.
///
/// Minute by minute, layer by layer: capacity that the optimum had and the run had not cost Lambda's price less an instance's; capacity
/// that the run had and the optimum had not, the opposite. Single terms may be below zero, where the run was lucky for a minute; their
/// sum is exact.
package struct Regret: Equatable, Sendable {
    /// The optimum's instance was not there yet.
    package let lateLaunch: Double
    /// It had been there, and was given up before the optimum does.
    package let earlyRelease: Double
    /// It was kept after the optimum gave it up.
    package let idleTail: Double
    /// It was there where the optimum has none.
    package let needlessLaunch: Double
    /// Time that instances were billed for before they served, beyond the optimum's.
    package let launching: Double
    /// Another type, market or price than the optimum's, surplus credits, provisioned concurrency, fees: the rest.
    package let wrongType: Double

    package var total: Double {
        lateLaunch + earlyRelease + idleTail + needlessLaunch + launching + wrongType
    }

    /// - Parameters:
    ///   - bound: of the load that the run had, with the same costs.
    ///   - costs: of the optimum's type; other capacity counts as so much of it as it can serve.
    ///   - capacity: requests in a minute of one of the run's own instances; nil: as of the optimum's.
    package init(
        of result: SimulationResult,
        beyond bound: ClairvoyantBound,
        _ costs: LayerCosts,
        capacity: Double? = nil
    ) {
        precondition(result.minutes.count == bound.serving.count, "the bound of another load")
        var causes = Causes(costs, capacity: capacity ?? costs.capacity)
        for (index, minute) in result.minutes.enumerated() {
            causes.add(minute, serving: bound.serving[index], launching: bound.launching[index])
        }
        (lateLaunch, earlyRelease, idleTail) = (causes.lateLaunch, causes.earlyRelease, causes.idleTail)
        (needlessLaunch, launching) = (causes.needlessLaunch, causes.launching)
        wrongType = result.ledger.total.amount - bound.cost - causes.total
    }
}

/// Compares minutes with the optimum's.
private struct Causes {
    let costs: LayerCosts
    let capacity: Double
    var (lateLaunch, earlyRelease, idleTail, needlessLaunch, launching) = (0.0, 0.0, 0.0, 0.0, 0.0)
    var total: Double { lateLaunch + earlyRelease + idleTail + needlessLaunch + launching }
    /// By layer.
    private var phases: [Phase] = []

    private enum Phase {
        /// The optimum is on, and the run has not been since it is.
        case awaited
        /// The optimum is on, and the run has been.
        case shared
        /// The optimum is off, and the run has been on ever since it was.
        case tail
        case off

        func next(isPlanned: Bool, isThere: Bool) -> Phase {
            switch (isPlanned, isThere) {
            case (true, true): .shared
            case (true, false): self == .shared ? .shared : .awaited
            case (false, true): self == .shared || self == .tail ? .tail : .off
            case (false, false): .off
            }
        }
    }

    /// Instances of all kinds but Lambda's.
    private static let kinds = CapacityKind.allCases.indices.dropFirst(2)

    init(_ costs: LayerCosts, capacity: Double) { (self.costs, self.capacity) = (costs, capacity) }

    mutating func add(_ minute: SimulationResult.Minute, serving: Int, launching planned: Int) {
        let requests = Self.kinds.reduce(0) { $0 + minute.capacity[$1] } * 60
        let billed = Self.kinds.reduce(0) { $0 + minute.instances[$1] }
        launching += costs.price * (billed - requests / capacity - Double(planned))
        let equivalent = requests / costs.capacity
        let layers = max(serving, Int(equivalent.rounded(.up)), costs.layers(minute.requests))
        if layers > phases.count { phases += [Phase](repeating: .off, count: layers - phases.count) }
        for layer in phases.indices {
            let there = min(max(equivalent - Double(layer), 0), 1)
            book(minute.requests, layer: layer, there: there, isPlanned: layer < serving)
        }
    }

    private mutating func book(_ requests: Double, layer: Int, there: Double, isPlanned: Bool) {
        phases[layer] = phases[layer].next(isPlanned: isPlanned, isThere: there > 0.5)
        let demand = costs.share(requests, layer: layer + 1)
        // Beside what every request costs anywhere.
        let cost = there * costs.price + costs.saving * max(0, demand - there * costs.capacity)
        let optimum = isPlanned ? costs.price : costs.saving * demand
        guard cost != optimum else { return }
        switch phases[layer] {
        case .awaited: lateLaunch += cost - optimum
        case .shared: earlyRelease += cost - optimum
        case .tail: idleTail += cost - optimum
        case .off: needlessLaunch += cost - optimum
        }
    }
}
