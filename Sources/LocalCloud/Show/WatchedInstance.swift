import Planning
package import Wire

/// An instance as EC2 and the stack's registry together tell of it.
package struct WatchedInstance: Equatable, Sendable {
    package enum State: String, Sendable {
        case pending, booting, serving, draining
        case shuttingDown = "shutting-down"
        case terminated
    }

    package enum Kind: String, Sendable {
        case spot, burstable
        case onDemand = "on_demand"
    }

    package let instance: CloudInstance
    package let state: State
    /// Requests per second; nil until it has registered.
    package let capacity: Double?
    package let inFlight: Int?
    package let dollarsPerHour: Double

    /// - Parameters:
    ///   - registration: its item in the table.
    ///   - price: of its type, zone and market now.
    package init(_ instance: CloudInstance, registration: AttributeValue.Item?, price: Double) {
        self.instance = instance
        capacity = registration?["capacity_rps"]?.double
        inFlight = registration?["in_flight"]?.double.map { Int($0) }
        dollarsPerHour = instance.isLive ? price : 0
        state =
            switch instance.state {
            case .pending: .pending
            case .shuttingDown: .shuttingDown
            case .terminated: .terminated
            case .running:
                if let registration {
                    registration["drain"] == .bool(true) || registration["state"] == .string("draining")
                        ? .draining : .serving
                } else {
                    .booting
                }
            }
    }

    /// As the planner tells kinds apart.
    package var kind: Kind {
        if instance.type.burst != nil { return .burstable }
        return instance.market == .spot ? .spot : .onDemand
    }

    package var json: JSON {
        [
            "id": .string(instance.id), "type": .string(instance.type.name),
            "market": .string(instance.market.rawValue), "zone": .string(instance.zone),
            "kind": .string(kind.rawValue), "state": .string(state.rawValue),
            "interruption": instance.interruption.map { .string($0.description) } ?? .null,
            "in_flight": inFlight.map { .integer(Int64($0)) } ?? .null,
            "capacity_rps": .rounded(capacity), "usd_per_hour": .rounded(dollarsPerHour, digits: 6),
        ]
    }
}

extension AttributeValue {
    /// A number's value, for showing it.
    fileprivate var double: Double? { if case .number(let number) = self { number.double } else { nil } }
}
