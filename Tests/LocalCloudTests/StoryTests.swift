import LocalCloud
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

    /// A spot instance that serves.
    private static func instance(_ change: (inout CloudInstance) -> Void = { _ in }) throws -> WatchedInstance
    {
        var ec2 = try ServicesWorld.ec2()
        _ = try ec2.answer(
            "RunInstances",
            [
                "ImageId": "ami-1", "InstanceType": "c5.large", "MinCount": "1", "MaxCount": "1",
                "InstanceMarketOptions": ["MarketType": "spot"],
            ],
            now: ServicesWorld.noon
        )
        var instance = try #require(ec2.instances.values.first)
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
        let victim = try Self.instance().instance.id
        #expect(told.suffix(2) == ["surge", "reclaim"] && orders == [.reclaim(instance: victim)])
        see(10, byInstances: 9, route: "router", [try Self.instance { $0.interruption = ServicesWorld.noon }])
        #expect(story.step == .reclaimed)
        see(10, route: "router", [try Self.instance { $0.state = .shuttingDown }])
        for _ in 0..<12 { see(0.5, route: "router") }
        see(0)
        #expect(told.suffix(3) == ["reclaimed", "night", "zero"] && story.step == nil && orders.count == 1)
    }

    @Test mutating func `calls neither a quiet second night nor what spills without a surge a surge`() throws
    {
        try untilTheFlip()
        see(12, byInstances: 11, spilled: 1, route: "router", [try Self.instance()])
        see(30, byInstances: 30, route: "router", [try Self.instance()])
        #expect(story.step == .surge)
        see(30, byInstances: 20, spilled: 4, route: "router", [try Self.instance()])
        #expect(told.last == "surge")
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
