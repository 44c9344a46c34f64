import LambdaRuntime
package import Planning
package import Wire

/// What the controller keeps from tick to tick: one item of the table, replaced as a whole.
///
/// Losing it loses no instance and launches none twice: the fleet is read from EC2 by its tag. What goes is the calibration of forecasts,
/// which pools failed lately, and who drains.
package struct ControllerDocument: Equatable, Sendable {
    /// Of the table's item; 0 before there is one.
    package var version = 0
    /// Of the planner, as `Planner.memory`; null before the first tick.
    package var planner = JSON.null
    /// By id.
    package var known: [String: KnownInstance] = [:]
    /// Pools that had no instance for us when last asked.
    package var unavailable: [Pool] = []
    /// Late answers of each backend since its start, as of the last tick.
    package var late: [String: Int] = [:]
    /// Mean time of a run on Lambda, of late.
    package var latency: Duration?
    /// What backends have said that they take, by type: kept when none is left, or the profile would launch what has just proved too weak.
    package var capacities: [String: MeasuredCapacity] = [:]
    /// Minutes whose runs of the inference function are warm-ups in part.
    package var warmed: Set<Int> = []
    /// Last minute of which the quality was told to the planner.
    package var qualityMinute: Int?
    /// Minute of the last tick that was carried out.
    package var lastTick: Int?
    /// Last minute that the forecaster has been trained on.
    package var trainedMinute: Int?
    /// For people: what `mark status` shows.
    package var status = JSON.null

    package init() {}

    /// When a cycle is: not before the last tick, whose minute an event that comes late may be of.
    func time(_ trigger: WallClock) -> WallClock {
        guard let lastTick else { return trigger }
        let last = WallClock(seconds: Double(lastTick * 60))
        // A clock that was an hour ahead is not followed.
        return Duration.milliseconds(last - trigger) < .seconds(3600) ? max(trigger, last) : trigger
    }

    /// Why there is nothing to be done; nil when there is.
    func reasonToSkip(_ trigger: Controller.Trigger) -> String? {
        switch trigger {
        case .tick:
            guard let lastTick, (0..<60).contains(lastTick - trigger.minute) else { return nil }
            return "the tick of this minute, or a later one, has been carried out"
        case .instance(let event, _):
            let isServing = known[event.instance].map { $0.draining == nil } ?? false
            guard event.kind == .state, !isServing else { return nil }
            return "\(event.instance) has been let go, and the next tick sees to the rest"
        case .preview: return nil
        }
    }

    // MARK: JSON

    package var json: JSON {
        [
            "planner": planner,
            "known": .object(known.sorted { $0.key < $1.key }.map { .init($0.key, $0.value.json) }),
            "unavailable": .array(unavailable.map { [.string($0.type), .string($0.zone)] }),
            "late": .object(late.sorted { $0.key < $1.key }.map { .init($0.key, .integer(Int64($0.value))) }),
            "latency_ms": latency.map { .double($0 / .milliseconds(1)) } ?? .null,
            "capacities": .object(
                capacities.sorted { $0.key < $1.key }.map {
                    .init($0.key, [.double($0.value.rate), .integer(Int64($0.value.minute))])
                }
            ),
            "warmed": .array(warmed.sorted().map { .integer(Int64($0)) }),
            "quality_minute": qualityMinute.map { .integer(Int64($0)) } ?? .null,
            "last_tick": lastTick.map { .integer(Int64($0)) } ?? .null,
            "trained_minute": trainedMinute.map { .integer(Int64($0)) } ?? .null,
            "status": status,
        ]
    }

    /// Takes what can be read: an older or newer program may have written it.
    package init(version: Int, _ json: JSON) {
        self.version = version
        planner = json["planner"] ?? .null
        for member in json["known"]?.objectValue ?? [] { known[member.key] = KnownInstance(member.value) }
        unavailable = (json["unavailable"]?.arrayValue ?? []).compactMap { pool in
            guard let type = pool[0]?.stringValue, let zone = pool[1]?.stringValue else { return nil }
            return Pool(type: type, zone: zone)
        }
        for member in json["late"]?.objectValue ?? [] { late[member.key] = member.value.intValue }
        latency = json["latency_ms"]?.doubleValue.map { .milliseconds($0) }
        for member in json["capacities"]?.objectValue ?? [] {
            guard let rate = member.value[0]?.doubleValue, rate > 0, let minute = member.value[1]?.intValue
            else { continue }
            capacities[member.key] = MeasuredCapacity(rate: rate, minute: minute)
        }
        warmed = Set((json["warmed"]?.arrayValue ?? []).compactMap(\.intValue))
        qualityMinute = json["quality_minute"]?.intValue
        lastTick = json["last_tick"]?.intValue
        trainedMinute = json["trained_minute"]?.intValue
        status = json["status"] ?? .null
    }
}

/// What a type's instances take.
package struct MeasuredCapacity: Equatable, Sendable {
    /// Requests per second within the objective, as a mean of the type's backends.
    package let rate: Double
    /// When it was last said.
    package let minute: Int

    /// Another version of the model may be faster: what nobody has said for a day is forgotten.
    static let minutesKept = 1440

    package init(rate: Double, minute: Int) { (self.rate, self.minute) = (rate, minute) }
}

extension KnownInstance {
    fileprivate var json: JSON {
        [
            "type": .string(type), "market": .string(market.rawValue), "zone": .string(zone),
            "launched_ms": .integer(launched.milliseconds),
            "serves_ms": serves.map { .integer($0.milliseconds) } ?? .null,
            "draining_ms": draining.map { .integer($0.milliseconds) } ?? .null,
        ]
    }

    fileprivate init?(_ json: JSON) {
        guard let type = json["type"]?.stringValue, let zone = json["zone"]?.stringValue,
            let market = json["market"]?.stringValue.flatMap(Market.init(rawValue:)),
            let launched = json["launched_ms"]?.intValue
        else { return nil }
        self.init(
            type: type,
            market: market,
            zone: zone,
            launched: WallClock(milliseconds: Int64(launched)),
            serves: json["serves_ms"]?.intValue.map { WallClock(milliseconds: Int64($0)) },
            draining: json["draining_ms"]?.intValue.map { WallClock(milliseconds: Int64($0)) }
        )
    }
}
