package import Planning
import Seeded
package import Wire

/// EC2: launches instances from pools that have a price and a depth, and takes spot ones back.
///
/// A synchronous value in the cloud's time. What it does not do: networks, volumes, images; burstable instances are not held to a baseline,
/// and all share the machine's cores.
package struct EC2Service: Sendable {
    package struct Settings: Sendable {
        package var region = FunctionConfiguration.region
        /// From the launch to the state `running`.
        package var pending = Duration.seconds(8)
        /// From the launch until the machine runs its program.
        package var boot = Duration.seconds(35)
        /// Between the warning and the end of a spot instance.
        package var notice = Duration.seconds(120)
        /// Instances of one type, zone and market at once.
        package var poolDepth = 8
        /// vCPUs of each market at once: the account's quota.
        package var virtualCPUs = 64

        package init() {}
    }

    /// What the shell is to do.
    package enum Action: Equatable, Sendable {
        /// Start the instance's program and its metadata service.
        case boot(CloudInstance)
        /// End its program.
        case stop(instance: String)
        case notify(CloudEvent)
    }

    package let settings: Settings
    package let catalogue: Catalogue
    package let market: SpotMarket
    package internal(set) var instances: [String: CloudInstance] = [:]
    package internal(set) var templates: [LaunchTemplate] = []
    var chance: SeededGenerator
    /// What was answered to a client token, and to which request.
    var answered: [String: (request: JSON, answer: JSON)] = [:]
    /// Until when a pool has nothing.
    var closed: [PoolKey: WallClock] = [:]
    var actions: [Action] = []

    struct PoolKey: Hashable {
        let type: String
        let zone: String
        let market: Market
    }

    /// How long a terminated instance is still told of.
    private static let keptFor = Duration.seconds(3600)

    package init(_ settings: Settings = Settings(), catalogue: Catalogue, seed: UInt64) {
        self.settings = settings
        self.catalogue = catalogue
        market = SpotMarket(seed: seed)
        chance = SeededGenerator(seed: seed)
    }

    package var subnets: [Subnet] { Subnet.all(region: settings.region) }

    /// Instances by their launch.
    package var ordered: [CloudInstance] {
        instances.values.sorted { ($0.launched.milliseconds, $0.id) < ($1.launched.milliseconds, $1.id) }
    }

    /// Hands out what is to be done, once.
    package mutating func takeActions() -> [Action] {
        defer { actions = [] }
        return actions
    }

    // MARK: Time

    /// Time has passed.
    package mutating func advance(now: WallClock) {
        for instance in ordered { advance(instance.id, now) }
        closed = closed.filter { $0.value > now }
    }

    private mutating func advance(_ id: String, _ now: WallClock) {
        guard var instance = instances[id] else { return }
        switch instance.state {
        case .pending where instance.launched + settings.pending <= now:
            instance.state = .running
            instance.runningSince = instance.launched + settings.pending
            actions.append(.notify(.stateChange(instance: id, state: "running")))
        case .terminated(let ended) where ended + Self.keptFor <= now:
            instances[id] = nil
            return
        default: break
        }
        if case .waiting(let until) = instance.process, until <= now, instance.state == .running {
            instance.process = .started
            actions.append(.boot(instance))
        }
        instances[id] = instance
        if let end = instance.interruption, end <= now, instance.isLive { stop(id, .spot, now) }
    }

    /// The instance's program is gone.
    package mutating func exited(_ id: String, now: WallClock) {
        guard instances[id]?.process == .started else { return }
        instances[id]?.process = .ended
        if instances[id]?.isLive == true { stop(id, .itself, now) } else { finish(id, now) }
    }

    /// Ends an instance.
    mutating func stop(_ id: String, _ reason: CloudInstance.Reason, _ now: WallClock) {
        guard instances[id]?.isLive == true else { return }
        instances[id]?.state = .shuttingDown
        instances[id]?.reason = reason
        instances[id]?.stopped = now
        actions.append(.notify(.stateChange(instance: id, state: "shutting-down")))
        if instances[id]?.process == .started {
            actions.append(.stop(instance: id))
        } else {
            finish(id, now)
        }
    }

    private mutating func finish(_ id: String, _ now: WallClock) {
        guard instances[id]?.state == .shuttingDown else { return }
        instances[id]?.state = .terminated(at: now)
        instances[id]?.process = .ended
        actions.append(.notify(.stateChange(instance: id, state: "terminated")))
    }

    // MARK: What goes wrong, on request

    /// Warns a running spot instance, and takes it back when the notice is over; false for any other.
    package mutating func interrupt(_ id: String, now: WallClock) -> Bool {
        guard let instance = instances[id], instance.market == .spot, instance.isLive,
            instance.interruption == nil
        else { return false }
        instances[id]?.interruption = now + settings.notice
        actions.append(.notify(.interruption(instance: id, zone: instance.zone)))
        return true
    }

    /// Says of a spot instance that it may be taken back soon.
    package mutating func recommendRebalance(_ id: String, now: WallClock) -> Bool {
        guard let instance = instances[id], instance.market == .spot, instance.isLive else { return false }
        instances[id]?.rebalance = now
        actions.append(.notify(.rebalance(instance: id, zone: instance.zone)))
        return true
    }

    /// Lets pools have nothing until a time, and tells how many they are.
    ///
    /// Nil stands for all types, zones or markets.
    package mutating func closePools(
        type: String?,
        zone: String?,
        market: Market?,
        until end: WallClock
    ) -> Int {
        var count = 0
        for known in catalogue.types where type == nil || type == known.name {
            for subnet in subnets where zone == nil || zone == subnet.zone {
                for kind in Market.allCases where market == nil || market == kind {
                    closed[PoolKey(type: known.name, zone: subnet.zone, market: kind)] = end
                    count += 1
                }
            }
        }
        return count
    }

    package mutating func openPools() { closed = [:] }

    // MARK: Identifiers

    /// `i-0` and 16 hexadecimal digits, say.
    mutating func identifier(_ prefix: String) -> String {
        let digits = String(chance.next(), radix: 16)
        return "\(prefix)-0" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
