import Fleet
import Testing
import Wire

@Suite struct `A ring of tokens` {
    private static func at(_ seconds: Int64) -> WallClock { WallClock(milliseconds: seconds * 1000) }

    @Test func `changes once a day, in two steps ten minutes apart`() throws {
        let first = TokenRing(current: "a", changed: Self.at(0))
        #expect(first.advanced(at: Self.at(86_399), new: "b") == nil)
        let announced = try #require(first.advanced(at: Self.at(86_400), new: "b"))
        #expect(announced == TokenRing(current: "a", next: "b", changed: Self.at(86_400)))
        #expect(announced.advanced(at: Self.at(86_999), new: "c") == nil)
        let changed = try #require(announced.advanced(at: Self.at(87_000), new: "c"))
        #expect(changed == TokenRing(current: "b", previous: "a", changed: Self.at(87_000)))
        #expect(changed.accepted == ["b", "a"])
    }

    /// The half hours of two rotations, a tick a minute; backends read once a minute, and routers when their turn comes.
    @Test func `never has a router use a token that a backend does not accept`() {
        for phase in Int64(0)..<60 {
            var ring = TokenRing(current: "token 0", changed: Self.at(0))
            var made = 0
            var (backend, router) = (ring, ring)
            for second in Array(Int64(86_340)..<88_200) + Array(173_340..<175_200) {
                if second % 60 == 0 {
                    let changed = ring.advanced(at: Self.at(second), new: "token \(made + 1)")
                    if changed?.next != nil { made += 1 }
                    ring = changed ?? ring
                }
                if second % 60 == phase { backend = ring }
                // A router that is warm but idle reads late, and then uses at once what it has read.
                if second % (1 + phase * 7) == 0 { router = ring }
                guard backend.accepted.contains(router.current) else {
                    Issue.record("second \(second), phase \(phase): \(router.current) is not accepted")
                    return
                }
            }
            #expect(made == 2 && router.current != "token 0")
        }
    }

    @Test func `accepts a token as long as any of its steps knows it`() {
        let ring = TokenRing(current: "b", previous: "a", next: "c", changed: Self.at(0))
        #expect(ring.accepted == ["b", "a", "c"])
        #expect(TokenRing(current: "b", changed: Self.at(0)).accepted == ["b"])
    }
}
