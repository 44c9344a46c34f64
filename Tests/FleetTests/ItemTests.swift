import AWS
import Fleet
import Testing
import Wire

@Suite struct `The table's items` {
    private static func backend(address: String = "10.0.1.7", pin: String? = "sha256//abc=")
        -> RegisteredBackend
    {
        var backend = RegisteredBackend(
            id: "i-0abc",
            address: address,
            port: 8443,
            pin: pin,
            type: "c7g.large",
            market: "spot",
            zone: "eu-central-1a",
            registered: WallClock(milliseconds: 1_764_000_000_000),
            capacity: 170.25,
            build: "4711",
            state: .serving,
            heartbeat: WallClock(milliseconds: 1_764_000_060_123)
        )
        backend.load.inFlight = 3
        backend.load.queueDelay = .microseconds(12_500)
        backend.load.latencyP98 = .milliseconds(41)
        (backend.load.served, backend.load.late, backend.load.refused) = (9_000_000_000, 7, 11)
        return backend
    }

    /// An item as the table holds it: with its key.
    private static func stored(_ backend: RegisteredBackend) -> DynamoDB.Item {
        backend.item.merging(FleetTable.key("fleet", backend.id)) { _, key in key }
    }

    @Test(arguments: ["sha256//abc=", nil]) func `keep all of a backend`(pin: String?) throws {
        let backend = Self.backend(pin: pin)
        #expect(try RegisteredBackend(Self.stored(backend)) == backend)
    }

    @Test func `say that a backend drains as soon as the controller wants it`() throws {
        var item = Self.stored(Self.backend())
        item["drain"] = .bool(true)
        let backend = try RegisteredBackend(item)
        #expect(backend.isAskedToDrain && backend.state == .serving)
        #expect(!backend.isServing(at: backend.heartbeat))
    }

    @Test func `name the attribute that a backend lacks`() {
        for name in Self.backend().item.keys where name != "pin" && name != "ttl" {
            var item = Self.stored(Self.backend())
            item[name] = nil
            let error = #expect(throws: MalformedAnswer.self) { try RegisteredBackend(item) }
            #expect(
                error.map { "\($0)".contains(name == "state" ? "state" : "'\(name)'") } == true,
                "\(name)"
            )
        }
    }

    @Test func `count as serving for ten seconds after a heartbeat, whichever clock is ahead`() {
        let backend = Self.backend()
        func at(_ milliseconds: Int64) -> WallClock {
            WallClock(milliseconds: backend.heartbeat.milliseconds + milliseconds)
        }
        #expect(backend.isServing(at: at(10_000)) && backend.isServing(at: at(-5_000)))
        #expect(!backend.isServing(at: at(10_001)))
        var draining = backend
        draining.state = .draining
        #expect(draining.isFresh(at: at(0)) && !draining.isServing(at: at(0)))
    }

    @Test func `say where a backend is reached`() {
        #expect(Self.backend().origin == "https://10.0.1.7:8443")
        #expect(Self.backend(address: "2001:db8::7", pin: nil).origin == "http://[2001:db8::7]:8443")
    }

    @Test func `keep all of a warning, and let the table forget it`() throws {
        for kind in [InstanceWarning.Kind.interruption, .rebalance] {
            let warning = InstanceWarning(instance: "i-1", kind: kind, at: WallClock(milliseconds: 5_000))
            #expect(try InstanceWarning(warning.item) == warning)
            #expect(warning.item["ttl"]?.intValue == 3_605)
        }
        var item = InstanceWarning(instance: "i-1", kind: .rebalance, at: WallClock(milliseconds: 0)).item
        item["kind"] = .string("rumour")
        #expect(throws: MalformedAnswer.self) { try InstanceWarning(item) }
    }

    @Test func `keep all of a ring of tokens`() throws {
        for ring in [
            TokenRing(current: "a", changed: WallClock(milliseconds: 1)),
            TokenRing(current: "b", previous: "a", next: "c", changed: WallClock(milliseconds: 2)),
        ] { #expect(try TokenRing(ring.item) == ring) }
    }
}
