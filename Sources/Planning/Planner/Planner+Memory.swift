package import Wire

/// What a planner remembers, as text: for the document that a controller keeps between two ticks.
///
/// Times are milliseconds of the observations' clock. What cannot be read is as good as lost, which changes no fleet.
extension Planner {
    package var memory: JSON {
        [
            "trust": trust.memory,
            "monitor": monitor.memory,
            "spot_pools": pools.memory,
            "on_demand_pools": onDemandPools.memory,
            "asked": .object(
                Market.allCases.compactMap { market in
                    asked[market].map { .init(market.rawValue, .array($0.sorted().map(\.memory))) }
                }
            ),
            "last_tick": JSON(lastTick),
            "feedback_at": JSON(feedbackAt),
            "distrust_until": JSON(distrustUntil),
            "provisioned_at": JSON(provisionedAt),
            "warmed_at": JSON(warmed?.at),
            "warmed": .integer(Int64(warmed?.environments ?? 0)),
        ]
    }

    /// Takes over what another planner of the same workload remembered.
    ///
    /// - Throws: what cannot be read; the planner is then as it was.
    package mutating func remember(_ memory: JSON) throws(LostMemory) {
        var planner = self
        planner.trust = try ForecastTrust(memory: try memory.member("trust"))
        try planner.monitor.remember(try memory.member("monitor"))
        planner.pools = try SpotPools(memory: try memory.member("spot_pools"))
        planner.onDemandPools = try SpotPools(memory: try memory.member("on_demand_pools"))
        for market in Market.allCases {
            guard let pools = memory["asked"]?[market.rawValue] else { continue }
            var asked: Set<Pool> = []
            for pool in try pools.elements("asked") { asked.insert(try Pool(memory: pool)) }
            planner.asked[market] = asked
        }
        planner.lastTick = memory["last_tick"]?.durationValue
        planner.feedbackAt = memory["feedback_at"]?.durationValue
        planner.distrustUntil = memory["distrust_until"]?.durationValue
        planner.provisionedAt = memory["provisioned_at"]?.durationValue
        planner.warmed = memory["warmed_at"]?.durationValue.map {
            Warmed(environments: memory["warmed"]?.intValue ?? 0, at: $0)
        }
        self = planner
    }
}

/// What a memory lacks.
package struct LostMemory: Error, Equatable, CustomStringConvertible {
    let name: String
    package var description: String { "the planner's memory has no '\(name)' that can be read" }
}

extension ForecastTrust {
    fileprivate var memory: JSON {
        [
            "minute": minute.map { .integer(Int64($0)) } ?? .null,
            "open": .array(
                open.map {
                    [
                        .integer(Int64($0.minute)), .double($0.mean), .double($0.quantile), .double($0.last),
                        .array($0.outcomes.map { .double($0) }),
                    ]
                }
            ),
            "outcomes": .array(
                outcomes.map { [.double($0.error), .double($0.persistenceError), .bool($0.isCovered)] }
            ),
        ]
    }

    fileprivate init(memory: JSON) throws(LostMemory) {
        self.init()
        minute = memory["minute"]?.intValue
        for said in try memory.member("open").elements("open") {
            var outcomes: [Double] = []
            for outcome in try (said[4] ?? .null).elements("open") {
                outcomes.append(try outcome.number("open"))
            }
            open.append(
                Said(
                    minute: Int(try (said[0] ?? .null).number("open")),
                    mean: try (said[1] ?? .null).number("open"),
                    quantile: try (said[2] ?? .null).number("open"),
                    last: try (said[3] ?? .null).number("open"),
                    outcomes: outcomes
                )
            )
        }
        for outcome in try memory.member("outcomes").elements("outcomes") {
            guard let isCovered = outcome[2]?.boolValue else { throw LostMemory(name: "outcomes") }
            outcomes.append(
                Outcome(
                    error: try (outcome[0] ?? .null).number("outcomes"),
                    persistenceError: try (outcome[1] ?? .null).number("outcomes"),
                    isCovered: isCovered
                )
            )
        }
    }
}

extension SLOMonitor {
    fileprivate var memory: JSON {
        [
            "headroom": .double(headroom), "headroom_changed_at": JSON(headroomChangedAt),
            "slots": .array(
                slots.map {
                    [
                        JSON($0.at), .integer(Int64($0.total)), .integer(Int64($0.starved)),
                        .integer(Int64($0.cold)),
                    ]
                }
            ),
        ]
    }

    fileprivate mutating func remember(_ memory: JSON) throws(LostMemory) {
        headroom = min(max(try memory.member("headroom").number("headroom"), 1), Self.headroomMax)
        headroomChangedAt = memory["headroom_changed_at"]?.durationValue
        slots = []
        for slot in try memory.member("slots").elements("slots") {
            guard let at = slot[0]?.durationValue, let total = slot[1]?.intValue,
                let starved = slot[2]?.intValue
            else { throw LostMemory(name: "slots") }
            slots.append(Slot(at: at, total: total, starved: starved, cold: slot[3]?.intValue ?? 0))
        }
    }
}

extension SpotPools {
    fileprivate var memory: JSON {
        .array(
            failures.sorted { $0.key < $1.key }.map { pool, at in [pool.memory, JSON(at)] }
        )
    }

    fileprivate init(memory: JSON) throws(LostMemory) {
        self.init()
        for failure in try memory.elements("pools") {
            guard let at = failure[1]?.durationValue else { throw LostMemory(name: "pools") }
            failed(try Pool(memory: failure[0] ?? .null), at: at)
        }
    }
}

extension Pool {
    fileprivate var memory: JSON { [.string(type), .string(zone)] }

    fileprivate init(memory: JSON) throws(LostMemory) {
        guard let type = memory[0]?.stringValue, let zone = memory[1]?.stringValue else {
            throw LostMemory(name: "pool")
        }
        self.init(type: type, zone: zone)
    }
}

extension JSON {
    fileprivate init(_ duration: Duration?) {
        self = duration.map { .integer(Int64(($0 / .milliseconds(1)).rounded())) } ?? .null
    }

    fileprivate var durationValue: Duration? { doubleValue.map { .milliseconds($0) } }

    fileprivate func member(_ name: String) throws(LostMemory) -> JSON {
        guard let value = self[name] else { throw LostMemory(name: name) }
        return value
    }

    fileprivate func elements(_ name: String) throws(LostMemory) -> [JSON] {
        guard let elements = arrayValue else { throw LostMemory(name: name) }
        return elements
    }

    fileprivate func number(_ name: String) throws(LostMemory) -> Double {
        guard let value = doubleValue else { throw LostMemory(name: name) }
        return value
    }
}
