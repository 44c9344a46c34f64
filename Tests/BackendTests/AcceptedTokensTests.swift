import Backend
import Synchronization
import Testing

private final class Count: Sendable {
    private let value = Atomic<Int>(0)
    func add() { value.add(1, ordering: .relaxed) }
    var current: Int { value.load(ordering: .relaxed) }
}

@Suite struct `Accepted tokens` {
    @Test func `are none until the first ones are known`() {
        let tokens = AcceptedTokens()
        #expect(!tokens.accepts("") && !tokens.accepts("a"))
        tokens.replace(["a", "bc"])
        #expect(tokens.accepts("a") && tokens.accepts("bc"))
        for wrong in ["", "b", "c", "abc", "A", "bd"] { #expect(!tokens.accepts(wrong)) }
    }

    @Test func `are looked for once when an unknown one comes, until that has ended`() {
        let count = Count()
        let tokens = AcceptedTokens(["a"]) { count.add() }
        #expect(!tokens.accepts("") && tokens.accepts("a"))
        #expect(count.current == 0, "who brings none has no newer one")
        for _ in 0..<100 { #expect(!tokens.accepts("b")) }
        #expect(count.current == 1)
        tokens.keep()
        #expect(!tokens.accepts("b") && count.current == 2)
        tokens.replace(["b"])
        #expect(tokens.accepts("b") && !tokens.accepts("a") && count.current == 3)
    }
}
