@testable import LocalCloud
import Planning
import Testing
import Wire

/// A second of the machine's is a minute of the cloud's here.
@Suite struct `The show's story` {
    private var story = Story(length: .seconds(3600))
    private var minute = 0
    private var told: [String] = []
    private var orders: [StackOrder] = []

    private mutating func see(
        _ load: Double,
        byInstances: Int = 0,
        spilled: Int = 0,
        route: String = "inference",
        _ instances: [WatchedInstance] = []
    ) {
        var point = ShowPoint(at: ServicesWorld.noon + .seconds(60 * minute))
        (point.load, point.count, point.spilled) = (load, Int(load), spilled)
        (point.byInstances, point.byLambda) = (byInstances, Int(load) - byInstances)
        let scene = Story.Scene(
            route: route,
            instances: instances,
            failed: 0,
            elapsed: .seconds(60 * minute)
        )
        minute += 1
        for act in story.see(point, scene) {
            switch act {
            case .tell(let milestone): told.append(milestone.step.name)
            case .order(let order): orders.append(order)
            }
        }
    }

    private static func instance(_ change: (inout CloudInstance) -> Void = { _ in }) throws -> WatchedInstance
    {
        let catalogue = try ServicesWorld.catalogue()
        var instance = CloudInstance(
            id: "i-1",
            reservation: "r-1",
            type: try #require(catalogue.types.first { $0.name == "c5.large" }),
            market: .spot,
            subnet: Subnet.all(region: "us-east-1")[0],
            address: "10.0.0.1",
            image: "ami-1",
            clientToken: nil,
            launched: ServicesWorld.noon,
            tags: [:],
            process: .started
        )
        instance.state = .running
        change(&instance)
        return WatchedInstance(instance, registration: [:], price: 0.03)
    }

    private mutating func untilTheFlip() throws {
        see(0)
        see(4)
        for _ in 0..<3 { see(10) }
        see(10, [try Self.instance()])
        see(10, byInstances: 9, route: "router", [try Self.instance()])
        #expect(told == ["idle", "lambda", "load", "launch", "flip"])
    }

    @Test mutating func `tells each step once, in their order, and lets EC2 take an instance back`() throws {
        try untilTheFlip()
        see(30, byInstances: 20, spilled: 4, route: "router", [try Self.instance()])
        see(30, byInstances: 20, route: "router", [try Self.instance()])
        #expect(told.suffix(2) == ["surge", "reclaim"] && orders == [.reclaim(instance: "i-1")])
        see(10, byInstances: 9, route: "router", [try Self.instance { $0.interruption = ServicesWorld.noon }])
        #expect(story.step == .reclaimed)
        see(10, route: "router", [try Self.instance { $0.state = .shuttingDown }])
        for _ in 0..<12 { see(0.5, route: "router") }
        see(0)
        #expect(told.suffix(3) == ["reclaimed", "night", "zero"] && story.step == nil && orders.count == 1)
    }

    @Test mutating func `calls neither a second without requests night nor a few that spill a surge`() throws
    {
        try untilTheFlip()
        see(30, byInstances: 29, spilled: 1, route: "router", [try Self.instance()])
        #expect(story.step == .surge)
        for _ in 0..<2 { see(30, byInstances: 20, spilled: 4, route: "router", [try Self.instance()]) }
        see(20, byInstances: 20, route: "router", [try Self.instance()])
        see(20, route: "router", [try Self.instance { $0.state = .shuttingDown }])
        see(0, route: "router")
        #expect(story.step == .night)
    }

    @Test mutating func `does not wait for a surge that does not come`() throws {
        try untilTheFlip()
        while minute < 40 { see(10, byInstances: 10, route: "router", [try Self.instance()]) }
        #expect(told.last == "reclaim" && !told.contains("surge"))
    }
}
