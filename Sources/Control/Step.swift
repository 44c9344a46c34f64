package import AWS
package import Fleet
package import Planning

/// One effect of a cycle on the world.
package enum Step: Equatable, Sendable {
    case rotate(TokenRing, replacing: TokenRing?)
    case launch(Action.Launch, IdempotencyToken)
    case warm(RouteTarget, environments: Int)
    case provision(environments: Int)
    case route(RouteTarget)
    /// A registered backend, which ends by itself when it is idle.
    case drain(String)
    case end([String])
    /// Their registrations, which nobody will take back any more.
    case forget([String])

    /// Instances that it lets go.
    var letGo: [String] {
        switch self {
        case .drain(let id): [id]
        case .end(let ids): ids
        default: []
        }
    }

    /// In the order in which they are done: what takes longest to come first, then Lambda made ready, and only then what is taken away.
    fileprivate var rank: Int {
        switch self {
        case .rotate: 0
        case .launch: 1
        case .provision: 2
        case .warm: 3
        case .route: 4
        case .drain: 5
        case .end: 6
        case .forget: 7
        }
    }
}

/// Which function the API's route calls.
package enum RouteTarget: String, Equatable, Sendable { case inference, router }

extension Step {
    /// What a plan comes to.
    ///
    /// - Parameters:
    ///   - routed: requests under way at once, for which the router is made ready before they come to it.
    ///   - route: the present target of the route; nil when it is not known, and is left.
    ///   - tick: names the run, so that the same decision made twice launches once.
    package static func all(
        _ decisions: [Decision],
        _ fleet: FleetView,
        route: RouteTarget?,
        routed: Int,
        stack: String,
        tick: String
    ) -> [Step] {
        var steps: [Step] = []
        let serving = Set(fleet.serving.map(\.id))
        var drained: Set<String> = []
        var ended = Set(fleet.superfluous)
        for decision in decisions {
            switch decision.action {
            case .launch(let launch):
                let pools = launch.pools.map { "\($0.type)@\($0.zone)" }.joined(separator: ",")
                let intent = "\(steps.count): \(launch.count) \(launch.market.rawValue) of \(pools)"
                steps.append(.launch(launch, IdempotencyToken(stack: stack, tick: tick, intent: intent)))
            case .drain(let id):
                // What does not serve has nothing to finish.
                if serving.contains(id) { drained.insert(id) } else { ended.insert(id) }
            case .provision(let count): steps.append(.provision(environments: count))
            case .warm(let count): steps.append(.warm(.inference, environments: count))
            }
        }
        // The flip is an optimisation: both targets answer at any time.
        let wanted: RouteTarget = serving.subtracting(drained).isEmpty ? .inference : .router
        if let route, route != wanted {
            if wanted == .router { steps.append(.warm(.router, environments: max(1, routed))) }
            steps.append(.route(wanted))
        }
        steps += drained.sorted().map { .drain($0) }
        if !ended.isEmpty { steps.append(.end(ended.sorted())) }
        let stale = fleet.stale + ended.filter { !serving.contains($0) }.sorted()
        if !stale.isEmpty { steps.append(.forget(stale)) }
        return steps.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
            .map(\.element)
    }
}
