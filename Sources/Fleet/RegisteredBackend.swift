package import AWS
package import Wire

/// A backend as the registry knows it: where it is, what it can take, and how it is doing.
package struct RegisteredBackend: Equatable, Sendable {
    package enum State: String, Sendable { case serving, draining }

    /// How it is doing, as of a heartbeat.
    package struct Load: Equatable, Sendable {
        /// Requests admitted and not answered yet.
        package var inFlight = 0
        /// How long the next request would wait for its run.
        package var queueDelay = Duration.zero
        /// From the admission to the answer's run's end, at the 98th percentile of late.
        package var latencyP98 = Duration.zero
        /// Since the start: requests answered, of those late ones, and requests refused.
        package var served = 0
        package var late = 0
        package var refused = 0

        package init() {}
    }

    /// The EC2 instance's id, or another name where there is none.
    package let id: String
    /// An address that routers reach: a host name, IPv4 or IPv6 without brackets.
    package let address: String
    package let port: Int
    /// `sha256//` and the Base64 SHA-256 of its public key, as libcurl pins it; nil without TLS.
    package let pin: String?
    package let type: String
    package let market: String
    package let zone: String
    /// Since when it serves.
    package let registered: WallClock
    /// Requests per second that it can take.
    package let capacity: Double
    /// The program's version.
    package let build: String
    /// What it says itself.
    package var state: State
    /// Whether the controller has asked it to drain; it may not have heard that yet.
    package internal(set) var isAskedToDrain = false
    package var load = Load()
    package var heartbeat: WallClock

    /// Between two heartbeats.
    package static let interval = Duration.seconds(2)
    /// Without a heartbeat for so long it does not count as serving.
    package static let staleAfter = Duration.seconds(10)
    /// Then DynamoDB may forget it.
    package static let keptFor = Duration.seconds(3600)

    package init(
        id: String,
        address: String,
        port: Int,
        pin: String?,
        type: String,
        market: String,
        zone: String,
        registered: WallClock,
        capacity: Double,
        build: String,
        state: State,
        heartbeat: WallClock
    ) {
        (self.id, self.address, self.port, self.pin) = (id, address, port, pin)
        (self.type, self.market, self.zone) = (type, market, zone)
        (self.registered, self.capacity, self.build) = (registered, capacity, build)
        (self.state, self.heartbeat) = (state, heartbeat)
    }

    /// Whether requests may be sent to it.
    package func isServing(at now: WallClock) -> Bool {
        state == .serving && !isAskedToDrain && isFresh(at: now)
    }

    /// Whether it has given a sign of life lately; clocks of two machines may be a little apart, in either direction.
    package func isFresh(at now: WallClock) -> Bool {
        Duration.milliseconds(now - heartbeat) <= Self.staleAfter
    }

    /// What requests are sent to: `https://10.0.1.7:8443`.
    package var origin: String {
        let host = address.contains(":") ? "[\(address)]" : address
        return "\(pin == nil ? "http" : "https")://\(host):\(port)"
    }

    // MARK: The item

    /// All attributes but the key.
    package var item: DynamoDB.Item {
        var item: DynamoDB.Item = [
            "address": .string(address), "port": .integer(port), "type": .string(type),
            "market": .string(market), "zone": .string(zone),
            "registered_ms": .integer(registered.milliseconds),
            "capacity_rps": .double(capacity), "build": .string(build), "state": .string(state.rawValue),
            "heartbeat_ms": .integer(heartbeat.milliseconds),
            "ttl": .timeToLive(heartbeat + Self.keptFor),
            "in_flight": .integer(load.inFlight), "queue_delay_ms": .milliseconds(load.queueDelay),
            "p98_ms": .milliseconds(load.latencyP98), "served": .integer(load.served),
            "late": .integer(load.late), "refused": .integer(load.refused),
        ]
        item["pin"] = pin.map { .string($0) }
        return item
    }

    package init(_ item: DynamoDB.Item) throws(MalformedAnswer) {
        let reader = ItemReader(item, "a backend")
        id = try reader.string("sk")
        address = try reader.string("address")
        port = try reader.integer("port")
        pin = item["pin"]?.stringValue
        (type, market) = (try reader.string("type"), try reader.string("market"))
        zone = try reader.string("zone")
        registered = try reader.time("registered_ms")
        capacity = try reader.double("capacity_rps")
        build = try reader.string("build")
        guard let state = State(rawValue: try reader.string("state")) else {
            throw MalformedAnswer(reason: "the state of backend \(id) is neither serving nor draining")
        }
        self.state = state
        isAskedToDrain = item["drain"]?.boolValue ?? false
        heartbeat = try reader.time("heartbeat_ms")
        load.inFlight = try reader.integer("in_flight")
        load.queueDelay = try reader.duration("queue_delay_ms")
        load.latencyP98 = try reader.duration("p98_ms")
        (load.served, load.late) = (try reader.integer("served"), try reader.integer("late"))
        load.refused = try reader.integer("refused")
    }
}
