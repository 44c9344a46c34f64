import Planning
import Simulation
import Testing

@Suite struct `The way to an instance` {
    private static let load: [Double?] = [600, 600, 600, 600]

    private static func play(_ actions: [Int: [Action]], gateway: Double = 0) throws -> SimulationResult {
        let platform = Platform(launchDelay: .seconds(60), hasRouter: true, gateway: gateway)
        return try World.play(load, Script(actions), platform: platform)
    }

    @Test func `is billed for what passes it: memory, time and the request`() throws {
        let prices = try World.catalogue().lambdaX86
        // 0.1 s + 3 ms: 0.103 * 0.125 * 0.0000166667 + 0.0000002.
        #expect(Router.cost(.milliseconds(100), prices) == Dollars(nanodollars: 415))
    }

    @Test func `costs nothing while no instance serves`() throws {
        #expect(try Self.play([:]).ledger[.router] == .zero)
    }

    @Test func `is every request's while one does`() throws {
        let result = try Self.play([1: [World.launch(1)]])
        // From the end of the second minute on; in 12.6 to 100 ms each.
        let passed = result.requests - 1200
        #expect((passed * 200e-9...passed * 450e-9).contains(result.ledger[.router].amount))
    }

    @Test func `is free where there is no router`() throws {
        let result = try World.play(Self.load, Script([1: [World.launch(1)]]))
        #expect(result.ledger[.router] == .zero && result.ledger[.gateway] == .zero)
    }

    @Test func `leads through a gateway that asks for each request`() throws {
        let result = try Self.play([1: [World.launch(1)]], gateway: 1e-6)
        #expect(result.ledger[.gateway] == Dollars(nanodollars: 2_400_000))
    }

    @Test func `costs the same in fluid and in requests`() throws {
        let platform = Platform(launchDelay: .seconds(60), hasRouter: true, gateway: 1e-6)
        let fluid = try FluidSimulation(workload: World.workload(), catalogue: World.catalogue())
        let flown = fluid.run(
            Script([1: [World.launch(1)]]),
            over: LoadTrack(Self.load),
            on: platform,
            name: "fluid"
        )
        let ratio =
            try Self.play([1: [World.launch(1)]]).ledger[.router].amount / flown.ledger[.router].amount
        #expect((0.8...1.25).contains(ratio), "\(ratio)")
        #expect(flown.ledger[.gateway] == Dollars(nanodollars: 2_400_000))
    }
}
