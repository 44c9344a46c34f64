import AWS
import CURL
import Routing
import Seeded
import Synchronization
import Testing
import Wire

@Suite(.timeLimit(.minutes(5)))
struct `A request` {
    @Test func `is answered by the backend that is asked first`() async throws {
        let around = Surroundings { _, _ in Surroundings.good }
        let router = try around.router()
        #expect(await router.prepare(within: .seconds(2)) == nil)
        let answer = try await around.infer(router)
        #expect(
            ["a", "b"].contains {
                answer
                    == #"{"statusCode":200,"headers":{"x-mark-served-by":"\#($0)"},"isBase64Encoded":false,"body":"{\"outputs\":[]}"}"#
            }
        )
        let state = around.state.withLock { $0 }
        #expect(state.asked.prefix(2).sorted() == ["table", "token"])
        #expect(state.asked.count == 3)
        // Plain successes wait for ten seconds.
        #expect(state.lines == [])
    }

    @Test func `is answered by the second backend when the first fails, and once only`() async throws {
        let around = Surroundings { asked, state in
            state.asked.filter { $0 == "a" || $0 == "b" }.count == 1
                ? .failure(.failed(url: "http://\(asked)", reason: "reset")) : Surroundings.good
        }
        let router = try around.router()
        #expect(try await around.infer(router).contains("outputs"))
        let state = around.state.withLock { $0 }
        #expect(state.asked.dropFirst(2).sorted() == ["a", "b"])
        #expect(state.lines.map { $0["RouterServedSecond"] } == [1])
        #expect(state.lines[0]["detail"]?.stringValue?.contains("reset") == true)
    }

    @Test func `spills verbatim when both backends hang, within its objective`() async throws {
        let around = Surroundings { asked, state in
            guard asked != "function" else { return Surroundings.answer(Surroundings.payload) }
            let timeout = state.timeouts.last ?? .zero
            state.advance(timeout)
            return .failure(.timeout(url: "http://\(asked)", after: timeout))
        }
        let router = try around.router()
        let start = around.state.withLock { $0.now.monotonic }
        #expect(try await around.infer(router) == Surroundings.payload)
        let state = around.state.withLock { $0 }
        // Half the objective is the spill's, until more is known of it.
        #expect(state.now.monotonic - start == .milliseconds(200))
        #expect(state.lines.map { $0["RouterSpilledTimedOut"] } == [1])
    }

    @Test func `for anything else goes straight to the function`() async throws {
        let around = Surroundings { _, _ in Surroundings.answer(Surroundings.payload) }
        let router = try around.router()
        #expect(try await around.infer(router, path: "/metrics") == Surroundings.payload)
        #expect(around.state.withLock { $0.asked } == ["function"])
    }

    @Test func `is refused before the invocation's end when nothing answers`() async throws {
        let around = Surroundings { asked, state in
            state.advance(state.timeouts.last ?? .zero)
            return .failure(.timeout(url: "http://\(asked)", after: .zero))
        }
        let router = try around.router()
        let start = around.state.withLock { $0.now.monotonic }
        let answer = try JSON(parsing: Array(try await around.infer(router, seconds: 10).utf8))
        #expect(answer["statusCode"] == 503)
        #expect(answer["headers"]?["retry-after"] == "1")
        let state = around.state.withLock { $0 }
        #expect(state.now.monotonic - start == .milliseconds(9750))
        #expect(state.lines.map { $0["RouterFailed"] } == [1])
    }

    @Test func `is answered before API Gateway gives up, however long the invocation may last`() async throws
    {
        let around = Surroundings { asked, state in
            state.advance(state.timeouts.last ?? .zero)
            return .failure(.timeout(url: "http://\(asked)", after: .zero))
        }
        let router = try around.router()
        let start = around.state.withLock { $0.now.monotonic }
        _ = try await around.infer(router, seconds: 900)
        #expect(around.state.withLock { $0.now.monotonic } - start == .seconds(29))
    }

    @Test func `never fails while the function answers, whatever backends do`() async throws {
        for seed in UInt64(0)..<150 {
            var generator = SeededGenerator(seed: seed)
            let chaos = Chaos(generator.next())
            let around = Surroundings { asked, state in
                asked == "function" ? Surroundings.answer(Surroundings.payload) : chaos.reply(&state)
            }
            let router = try around.router()
            for number in 0..<20 {
                around.state.withLock { state in
                    state.advance(.milliseconds(generator.below(1500)))
                    state.backends = ["a", "b", "c"].filter { _ in generator.below(4) > 0 }
                }
                let answer = try JSON(parsing: Array(try await around.infer(router).utf8))
                #expect(answer["statusCode"] == 200, "request \(number) of seed \(seed)")
            }
            let lines = around.state.withLock { $0.lines }
            #expect(lines.allSatisfy { $0["RouterFailed"] == nil && $0["_aws"] != nil }, "seed \(seed)")
        }
    }
}

/// Backends that answer anything, or not at all.
private struct Chaos {
    private let seed: UInt64

    init(_ seed: UInt64) { self.seed = seed }

    func reply(_ state: inout Surroundings.State) -> Result<CURLResponse, CURLError> {
        var generator = SeededGenerator(seed: seed &+ UInt64(state.asked.count))
        state.advance(.milliseconds(generator.below(30)))
        switch generator.below(8) {
        case 0, 1: return Surroundings.good
        case 2: return .failure(.connectionRefused(url: "u"))
        case 3:
            state.advance(state.timeouts.last ?? .zero)
            return .failure(.timeout(url: "u", after: .zero))
        case 4: return .failure(.insecure(url: "u", reason: "another key"))
        case 5:
            let bounced = [(name: "x-mark-bounced", value: "capacity")]
            return .success(CURLResponse(status: 503, headers: bounced))
        case 6:
            return Surroundings.answer("{}", status: [204, 301, 401, 408, 429, 500, 502][generator.below(7)])
        default:
            let bytes = (0..<generator.below(40)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            return .success(CURLResponse(status: 200, body: bytes))
        }
    }
}
