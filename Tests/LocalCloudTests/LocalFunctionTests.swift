import Glibc
import LocalCloud
import Testing
import Wire

@Suite(.timeLimit(.minutes(5)))
struct `a local function` {
    @Test func `answers, cold at first and warm then, in the same process`() async throws {
        try await TestCloud.withFunction { function, _ in
            let first = await function.invoke(["do": "process"])
            let second = await function.invoke(["do": "process"])
            #expect(first.outcome == second.outcome)
            #expect(first.isCold && !second.isCold)
            #expect(first.environment == 1 && second.environment == 1)
            #expect(first.initialization > .zero && second.initialization == .zero)
            #expect(first.billedMilliseconds >= Int(first.initialization / .milliseconds(1)))
        }
    }

    @Test func `starts environments while all are busy, and no more than allowed`() async throws {
        let file = TestCloud.unusedPath()
        defer { unlink(file) }
        let configuration = TestCloud.configuration { $0.environments = 3 }
        try await TestCloud.withFunction(configuration) { function, lines in
            let environments = await withTaskGroup(of: InvocationResult.self) { group in
                for _ in 0..<5 {
                    group.addTask { await function.invoke(["do": "wait", "for": .string(file)]) }
                }
                await lines.wait(for: "waiting", count: 3)
                TestCloud.create(file)
                return await group.reduce(into: []) { $0.append($1.environment) }
            }
            #expect(Set(environments) == [1, 2, 3])
            #expect(environments.count == 5)
            #expect(lines.count(of: "started") == 3)
        }
    }

    @Test func `refuses what finds no place to wait`() async throws {
        let file = TestCloud.unusedPath()
        defer { unlink(file) }
        let configuration = TestCloud.configuration {
            $0.environments = 1
            $0.queue = 1
        }
        try await TestCloud.withFunction(configuration) { function, lines in
            await withTaskGroup(of: InvocationResult.self) { group in
                group.addTask { await function.invoke(["do": "wait", "for": .string(file)]) }
                await lines.wait(for: "waiting")
                // One of these two waits, the other is one too many.
                for _ in 0..<2 { group.addTask { await function.invoke(["do": "echo"]) } }
                let refused = await group.next()
                #expect(refused?.failure == .throttled)
                #expect(refused?.reason?.contains("--concurrency") == true)
                TestCloud.create(file)
                for await result in group { #expect(result.failure == nil) }
            }
        }
    }

    @Test func `ends environments that nobody uses`() async throws {
        let configuration = TestCloud.configuration { $0.idle = .milliseconds(50) }
        try await TestCloud.withFunction(configuration) { function, lines in
            #expect(await function.invoke(["do": "echo"]).environment == 1)
            await lines.wait(for: "[1] ended: signal: killed")
            let next = await function.invoke(["do": "echo"])
            #expect(next.environment == 2 && next.isCold)
        }
    }

    @Test func `reports errors and lives on`() async throws {
        try await TestCloud.withFunction { function, _ in
            let result = await function.invoke(["do": "error"])
            #expect(result.functionError == ["errorMessage": "it broke", "errorType": "Function.Broken"])
            #expect(await function.invoke(["do": "echo"]).environment == 1)
        }
    }

    @Test(arguments: [("crash", "exit status 3"), ("segfault", "signal: segmentation fault")])
    func `survives a crash and says how it ended`(order: String, exit: String) async throws {
        try await TestCloud.withFunction { function, lines in
            let result = await function.invoke(["do": .string(order)])
            #expect(result.failure == .crashed(1))
            #expect(result.reason?.contains("Runtime exited with error: \(exit)") == true)
            #expect(lines.all.contains { $0.hasPrefix("[1] ended: \(exit)") })
            #expect(await function.invoke(["do": "echo"]).environment == 2)
        }
    }

    @Test func `kills what runs longer than the timeout, with its children`() async throws {
        let configuration = TestCloud.configuration { $0.timeout = .seconds(4) }
        try await TestCloud.withFunction(configuration) { function, lines in
            let child = try #require(try await function.answer(to: ["do": "child"])["pid"]?.intValue)
            #expect(TestCloud.isAlive(child))
            let result = await function.invoke(["do": "hang"])
            #expect(result.failure == .timedOut)
            #expect(result.reason?.contains("Task timed out after 4.00 seconds") == true)
            await lines.wait(for: "[1] ended: signal: killed")
            await TestCloud.waitUntilGone(child)
            #expect(await function.invoke(["do": "echo"]).environment == 2)
        }
    }

    @Test func `leaves no process behind`() async throws {
        let (process, child) = try await TestCloud.withFunction { function, _ in
            let process = try await function.answer(to: ["do": "process"])["pid"]?.intValue
            let child = try await function.answer(to: ["do": "child"])["pid"]?.intValue
            return (try #require(process), try #require(child))
        }
        #expect(!TestCloud.isAlive(process))
        await TestCloud.waitUntilGone(child)
    }

    @Test func `answers those who wait when it is shut down`() async throws {
        let lines = Lines()
        let function = LocalFunction(
            TestCloud.configuration(),
            now: { .zero },
            wallClock: { TestCloud.wallClock }
        ) { lines.append($0) }
        await withTaskGroup(of: InvocationResult?.self) { group in
            group.addTask {
                await function.run()
                return nil
            }
            group.addTask { await function.invoke(["do": "hang"]) }
            await lines.wait(for: "hanging")
            function.stop()
            for await result in group {
                if let result { #expect(result.reason?.contains("shutting down") == true) }
            }
        }
        #expect(await function.invoke(["do": "echo"]).failure == .throttled)
    }
}
