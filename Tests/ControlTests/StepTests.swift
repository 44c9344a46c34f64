import AWS
import Control
import Fleet
import Planning
import Testing
import Wire

@Suite struct `Steps of a cycle` {
    private static let now = WallClock(milliseconds: 1_800_000_000_000)

    /// A fleet of serving instances.
    private static func fleet(_ ids: String...) -> FleetView {
        FleetView(
            ids.map {
                EC2.Instance(
                    id: $0,
                    state: .running,
                    instanceType: "c5.large",
                    market: .spot,
                    zone: "us-east-1a",
                    launched: now
                )
            },
            ids.map {
                RegisteredBackend(
                    id: $0,
                    address: "10.0.0.1",
                    port: 1,
                    pin: nil,
                    type: "c5.large",
                    market: "spot",
                    zone: "us-east-1a",
                    registered: now,
                    capacity: 1,
                    build: "1",
                    state: .serving,
                    heartbeat: now
                )
            },
            [],
            known: [:],
            now: now,
            machine: now
        )
    }

    private static func steps(
        _ actions: [Action],
        _ fleet: FleetView,
        route: RouteTarget? = .router,
        tick: String = "1"
    ) -> [Step] {
        Step.all(
            actions.map { Decision($0, because: .limits) },
            fleet,
            route: route,
            routed: 3,
            stack: "shop",
            tick: tick
        )
    }

    private static let launch = Action.launch(
        .init(market: .spot, pools: [Pool(type: "c5.large", zone: "us-east-1a")], count: 2)
    )

    @Test func `launch first, then make Lambda ready, and only then take away`() {
        let steps = Self.steps(
            [.drain(instance: "i-1"), .drain(instance: "i-2"), .warm(environments: 3), Self.launch],
            Self.fleet("i-1", "i-2")
        )
        guard case .launch = steps[0] else { return #expect(Bool(false), "\(steps[0]) comes first") }
        #expect(
            steps.dropFirst() == [
                .warm(.inference, environments: 3), .route(.inference), .drain("i-1"), .drain("i-2"),
            ]
        )
    }

    @Test func `leave the route while a backend still serves`() {
        #expect(Self.steps([.drain(instance: "i-1")], Self.fleet("i-1", "i-2")) == [.drain("i-1")])
    }

    @Test func `flip the route to the router when a backend serves`() {
        #expect(
            Self.steps([], Self.fleet("i-1"), route: .inference) == [
                .warm(.router, environments: 3), .route(.router),
            ]
        )
        #expect(Self.steps([], Self.fleet(), route: .inference) == [])
        #expect(Self.steps([], Self.fleet(), route: .router) == [.route(.inference)])
    }

    @Test func `leave a route that nobody knows`() {
        #expect(Self.steps([], Self.fleet("i-1"), route: nil) == [])
    }

    @Test func `end at once what does not serve`() {
        #expect(
            Self.steps([.drain(instance: "i-7")], Self.fleet("i-1")) == [.end(["i-7"]), .forget(["i-7"])]
        )
    }

    @Test func `name the same intent of the same tick with the same token, and no other`() {
        func token(_ tick: String, _ actions: Action...) -> [IdempotencyToken] {
            Self.steps(actions, Self.fleet(), tick: tick).compactMap {
                if case .launch(_, let token) = $0 { token } else { nil }
            }
        }
        #expect(token("7", Self.launch) == token("7", Self.launch))
        #expect(token("7", Self.launch) != token("8", Self.launch))
        // Twice the same in one plan are two.
        #expect(Set(token("7", Self.launch, Self.launch)).count == 2)
    }
}
