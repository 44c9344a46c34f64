import AWS
import Control
import Fleet
import Planning
import Seeded
import TestKit
import Testing
import Wire

/// A few instances as EC2, the registry and the document know them.
private struct Scene {
    static let now = WallClock(milliseconds: 1_800_000_000_000)
    var listed: [EC2.Instance] = []
    var backends: [RegisteredBackend] = []
    var warnings: [InstanceWarning] = []
    var known: [String: KnownInstance] = [:]

    var view: FleetView {
        FleetView(listed, backends, warnings, known: known, now: Self.now, machine: Self.now)
    }

    static func ago(_ seconds: Int) -> WallClock { now + .seconds(-seconds) }

    mutating func list(
        _ id: String,
        _ state: EC2.Instance.State = .running,
        age: Int = 600,
        reason: String? = nil
    ) {
        listed.append(
            EC2.Instance(
                id: id,
                state: state,
                instanceType: "c5.large",
                market: .spot,
                zone: "us-east-1a",
                launched: Self.ago(age),
                stateReason: reason
            )
        )
    }

    mutating func register(
        _ id: String,
        silent: Int = 0,
        state: RegisteredBackend.State = .serving,
        inFlight: Int = 0
    ) {
        var backend = RegisteredBackend(
            id: id,
            address: "10.0.0.1",
            port: 8443,
            pin: nil,
            type: "c5.large",
            market: "spot",
            zone: "us-east-1a",
            registered: Self.ago(500),
            capacity: 10,
            build: "1",
            state: state,
            heartbeat: Self.ago(silent)
        )
        backend.load.inFlight = inFlight
        backends.append(backend)
    }

    mutating func remember(_ id: String, age: Int, servesFor: Int? = nil, drainingFor: Int? = nil) {
        known[id] = KnownInstance(
            type: "c5.large",
            market: .spot,
            zone: "us-east-1a",
            launched: Self.ago(age),
            serves: servesFor.map(Self.ago),
            draining: drainingFor.map(Self.ago)
        )
    }
}

@Suite struct `A fleet that is pieced together` {
    private func state(_ scene: Scene, _ id: String) -> Instance.State? {
        scene.view.instances.first { $0.id == id }?.state
    }

    @Test func `serves where EC2 runs it and it has given a sign of life`() {
        var scene = Scene()
        scene.list("i-1")
        scene.register("i-1")
        #expect(scene.view.serving.map(\.id) == ["i-1"])
        #expect(state(scene, "i-1") == .serving(since: .milliseconds(Scene.ago(500).milliseconds)))
        #expect(scene.view.superfluous.isEmpty)
    }

    @Test func `boots until it registers`() {
        var scene = Scene()
        scene.list("i-1", .pending, age: 5)
        scene.list("i-2", age: 30)
        #expect(state(scene, "i-1") == .requested(at: .milliseconds(Scene.ago(5).milliseconds)))
        #expect(state(scene, "i-2") == .booting(since: .milliseconds(Scene.ago(30).milliseconds)))
    }

    @Test func `counts what EC2 has given and does not list yet, for two minutes`() {
        var scene = Scene()
        scene.remember("i-1", age: 30)
        scene.remember("i-2", age: 130)
        #expect(scene.view.instances.map(\.id) == ["i-1"])
        #expect(scene.view.known.keys.sorted() == ["i-1"])
    }

    @Test func `is given up when it is silent for long while others are heard`() {
        var scene = Scene()
        scene.list("i-1")
        scene.list("i-2")
        scene.register("i-1", silent: 91)
        scene.register("i-2")
        #expect(scene.view.superfluous == ["i-1"])
        #expect(scene.view.instances.map(\.id) == ["i-2"])
    }

    @Test func `is kept for longer when all are silent, as the table may be the cause`() {
        var scene = Scene()
        for id in ["i-1", "i-2"] {
            scene.list(id)
            scene.register(id, silent: 200)
        }
        #expect(scene.view.superfluous.isEmpty)
        #expect(scene.view.instances.count == 2 && scene.view.serving.isEmpty)
    }

    @Test func `drains until it says that it is idle`() {
        var scene = Scene()
        for id in ["i-1", "i-2", "i-3"] {
            scene.list(id)
            scene.remember(id, age: 600, drainingFor: 20)
        }
        // The first has not heard it yet, the second works, the third is done.
        scene.register("i-1")
        scene.register("i-2", state: .draining, inFlight: 2)
        scene.register("i-3", state: .draining)
        #expect(scene.view.superfluous == ["i-3"])
        #expect(scene.view.instances.filter(\.isDraining).count == 3)
        #expect(scene.view.serving.isEmpty, "none of them is sent requests any more")
    }

    @Test func `has drained when its registration is gone, or after a minute in any case`() {
        var scene = Scene()
        scene.list("i-1")
        scene.remember("i-1", age: 600, drainingFor: 10)
        scene.list("i-2")
        scene.remember("i-2", age: 600, drainingFor: 61)
        scene.register("i-2", state: .draining, inFlight: 5)
        #expect(scene.view.superfluous == ["i-1", "i-2"])
    }

    @Test func `is never left stopped`() {
        var scene = Scene()
        scene.list("i-1", .stopped)
        #expect(scene.view.superfluous == ["i-1"] && scene.view.instances.isEmpty)
    }

    @Test func `tells once that EC2 took an instance back`() {
        var scene = Scene()
        scene.list("i-1", .terminated, reason: "Server.SpotInstanceTermination")
        scene.list("i-2", .terminated, reason: "Client.UserInitiatedShutdown")
        scene.register("i-1")
        #expect(scene.view.instances.isEmpty, "they were not known: it has been told")
        scene.remember("i-1", age: 600)
        scene.remember("i-2", age: 600, servesFor: 500)
        #expect(state(scene, "i-1") == .gone(.interrupted))
        #expect(state(scene, "i-2") == .gone(.released))
        #expect(scene.view.known.isEmpty && scene.view.stale == ["i-1"])
    }

    @Test func `tells what never served from what was let go`() {
        var scene = Scene()
        for id in ["i-1", "i-2", "i-3"] {
            scene.list(id, .terminated, reason: "Client.InstanceInitiatedShutdown")
        }
        // It ended by itself; it was let go as it booted; it was given up.
        scene.remember("i-1", age: 60)
        scene.remember("i-2", age: 60, drainingFor: 20)
        scene.remember("i-3", age: 700, drainingFor: 20)
        #expect(state(scene, "i-1") == .gone(.failedToBoot))
        #expect(state(scene, "i-2") == .gone(.released))
        #expect(state(scene, "i-3") == .gone(.failedToBoot))
    }

    @Test func `goes on serving for the planner while EC2 takes it back, with a warning`() {
        var scene = Scene()
        scene.list("i-1")
        scene.register("i-1")
        scene.remember("i-1", age: 600, drainingFor: 3)
        scene.warnings = [InstanceWarning(instance: "i-1", kind: .interruption, at: Scene.ago(3))]
        let instance = scene.view.instances[0]
        #expect(instance.isServing && instance.warning != nil)
    }

    @Test func `forgets registrations without a machine`() {
        var scene = Scene()
        scene.register("i-9")
        #expect(scene.view.stale == ["i-9"] && scene.view.serving.isEmpty)
    }

    @Test func `never holds an instance twice, nor ends one that serves and is not asked to go`() {
        let failure = firstFailure(of: 0..<500) { generator in
            var scene = Scene()
            for number in 0..<8 {
                let id = "i-\(number)"
                let states: [EC2.Instance.State] = [.pending, .running, .running, .stopped, .terminated]
                if generator.below(4) > 0 {
                    scene.list(id, states[generator.below(5)], age: generator.below(900))
                }
                if generator.below(2) > 0 {
                    scene.register(id, silent: generator.below(400), inFlight: generator.below(3))
                }
                if generator.below(2) > 0 {
                    scene.remember(
                        id,
                        age: generator.below(900),
                        drainingFor: generator.below(3) == 0 ? generator.below(90) : nil
                    )
                }
            }
            let view = scene.view
            let ids = view.instances.map(\.id)
            let safe = view.serving.filter { scene.known[$0.id]?.draining == nil }.map(\.id)
            return Set(ids).count == ids.count && Set(view.superfluous).isDisjoint(with: safe)
                && Set(view.superfluous).isSubset(of: scene.listed.map(\.id))
        }
        #expect(failure == nil)
    }
}
