package import Planning
package import Wire

/// An instance: where it is, what it is called and what has become of it.
package struct CloudInstance: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        case pending
        case running
        case shuttingDown
        case terminated(at: WallClock)

        package var name: String {
            switch self {
            case .pending: "pending"
            case .running: "running"
            case .shuttingDown: "shutting-down"
            case .terminated: "terminated"
            }
        }

        var code: Int64 {
            switch self {
            case .pending: 0
            case .running: 16
            case .shuttingDown: 32
            case .terminated: 48
            }
        }
    }

    /// Its `mark serve`.
    package enum Process: Equatable, Sendable {
        /// The machine boots until then.
        case waiting(until: WallClock)
        case started
        case ended
    }

    /// Why it is no longer running, in AWS's words.
    package enum Reason: String, Sendable {
        case user = "Client.UserInitiatedShutdown"
        case itself = "Client.InstanceInitiatedShutdown"
        case spot = "Server.SpotInstanceTermination"

        var message: String {
            switch self {
            case .user: "Client.UserInitiatedShutdown: User initiated shutdown"
            case .itself: "Client.InstanceInitiatedShutdown: Instance initiated shutdown"
            case .spot: "Server.SpotInstanceTermination: Spot instance termination"
            }
        }
    }

    package let id: String
    package let reservation: String
    package let type: InstanceType
    package let market: Market
    package let subnet: Subnet
    package let address: String
    package let image: String
    package let clientToken: String?
    package let launched: WallClock
    package var tags: [String: String]
    package var state = State.pending
    package var process: Process
    package var reason: Reason?
    package var runningSince: WallClock?
    /// When its bill ended.
    package var stopped: WallClock?
    /// When EC2 takes it back, from the warning on.
    package var interruption: WallClock?
    package var rebalance: WallClock?

    package var zone: String { subnet.zone }

    package var isLive: Bool { state == .pending || state == .running }

    /// How long it is billed up to a time: per second, a minute at least (AWS, "Amazon EC2 On-Demand Pricing").
    package func billed(at now: WallClock) -> Duration {
        guard let runningSince else { return .zero }
        let milliseconds = max(0, (stopped ?? now) - runningSince)
        return max(.seconds(60), .seconds((milliseconds + 999) / 1000))
    }

    /// What it has cost; a spot instance pays for each hour that it began the price at that hour's start.
    package func cost(at now: WallClock, _ market: SpotMarket) -> Dollars {
        guard let runningSince else { return .zero }
        var (rest, hour, sum) = (billed(at: now), runningSince, Dollars.zero)
        guard self.market == .spot else { return type.onDemand * rest }
        while rest > .zero {
            let part = min(rest, .seconds(3600))
            sum += (market.price(of: type, in: zone, at: hour) ?? type.onDemand) * part
            (rest, hour) = (rest - part, hour + part)
        }
        return sum
    }
}

/// A subnet of the cloud's one network.
package struct Subnet: Equatable, Sendable {
    package let id: String
    package let zone: String

    static let network = "vpc-0a1b2c3d4e5f60718"

    package static func all(region: String) -> [Subnet] {
        ["a", "b", "c"].map { Subnet(id: "subnet-0f00000000000000\($0)", zone: region + $0) }
    }
}
