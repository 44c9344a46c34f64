import Glibc
import LambdaRuntime
import LocalCloud
import Synchronization
import Testing
import Wire

/// A local function of the scripted bootstrap in Fixtures.
enum TestCloud {
    static let bundle = String(#filePath.dropLast("/TestCloud.swift".count)) + "/Fixtures/bundle"

    /// Limits that no test reaches unless it lowers them.
    static func configuration(
        start: String = "",
        _ change: (inout EnvironmentPool.Limits) -> Void = { _ in }
    ) -> FunctionConfiguration {
        var configuration = FunctionConfiguration(bundle: bundle)
        if !start.isEmpty { configuration.variables["START"] = start }
        change(&configuration.limits)
        return configuration
    }

    /// Runs a function while `body` runs, and its lines of log with it.
    static func withFunction<Value: Sendable>(
        _ configuration: FunctionConfiguration = configuration(),
        _ body: @Sendable (LocalFunction, Lines) async throws -> Value
    ) async throws -> Value {
        let lines = Lines()
        let start = ContinuousClock.now
        let function = LocalFunction(
            configuration,
            now: { ContinuousClock.now - start },
            wallClock: { wallClock }
        ) { lines.append($0) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await function.run() }
            let result = await Result { try await body(function, lines) }
            function.stop()
            try await group.waitForAll()
            return try result.get()
        }
    }

    /// Runs the whole local cloud while `body` runs; its first argument is the URL.
    static func withFront<Value: Sendable>(
        _ configuration: FunctionConfiguration = configuration(),
        _ body: @Sendable (String, Lines) async throws -> Value
    ) async throws -> Value {
        let lines = Lines()
        let ports = AsyncStream<Int>.makeStream()
        let cloud = LocalCloud(configuration, port: 0, wallClock: { wallClock }) { lines.append($0) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { ports.continuation.finish() }
                try await cloud.run { ports.continuation.yield($0) }
            }
            let port = try #require(await ports.stream.first { _ in true })
            let result = await Result { try await body("http://127.0.0.1:\(port)", lines) }
            cloud.stop()
            try await group.waitForAll()
            return try result.get()
        }
    }

    static var wallClock: WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallClock(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// A path where no file is.
    static func unusedPath() -> String { "/tmp/mark-test-\(getpid())-\(UInt64.random(in: 0 ... .max))" }

    static func create(_ path: String) { close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)) }

    /// Returns when a process is gone, or dead and not yet waited for by its new parent.
    static func waitUntilGone(_ process: Int) async {
        while let state = state(of: process), state != "Z" { await Task.yield() }
    }

    static func isAlive(_ process: Int) -> Bool { state(of: process).map { $0 != "Z" } ?? false }

    /// The letter in /proc/<pid>/stat; nil when there is no such process.
    private static func state(of process: Int) -> Character? {
        guard let file = fopen("/proc/\(process)/stat", "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = fread(&bytes, 1, bytes.count, file)
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        return text.lastIndex(of: ")").map { text[text.index($0, offsetBy: 2)] }
    }
}

extension Result where Failure == any Error {
    /// What a piece of work came to.
    fileprivate init(_ work: () async throws -> Success) async {
        do {
            self = .success(try await work())
        } catch {
            self = .failure(error)
        }
    }
}

/// Lines of a log, and who waits for one.
final class Lines: Sendable {
    private struct Content {
        var lines: [String] = []
        var waiting:
            [(isWanted: @Sendable ([String]) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let content = Mutex(Content())

    var all: [String] { content.withLock { $0.lines } }

    func append(_ line: String) {
        let wakeable = content.withLock { content in
            content.lines.append(line)
            let lines = content.lines
            defer { content.waiting.removeAll { $0.isWanted(lines) } }
            return content.waiting.filter { $0.isWanted(lines) }.map(\.continuation)
        }
        for continuation in wakeable { continuation.resume() }
    }

    func count(of text: String) -> Int { all.count { $0.contains(text) } }

    /// Waits until so many lines hold a text.
    func wait(for text: String, count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = content.withLock { content in
                let isWanted: @Sendable ([String]) -> Bool = { $0.count { $0.contains(text) } >= count }
                if !isWanted(content.lines) {
                    content.waiting.append((isWanted, continuation))
                    return false
                }
                return true
            }
            if isThere { continuation.resume() }
        }
    }
}

extension LocalFunction {
    /// Runs the function on an event and reads its answer.
    func answer(to event: JSON) async throws -> JSON {
        let result = await invoke(Invocation(event.encoded()))
        guard case .answer(let body, _) = result.outcome else {
            Issue.record("\(event) gave \(result.outcome)")
            return .null
        }
        return try JSON(parsing: body)
    }

    func invoke(_ event: JSON) async -> InvocationResult { await invoke(Invocation(event.encoded())) }
}

extension InvocationResult {
    /// The error that the function reported.
    var functionError: JSON? {
        if case .functionError(let body) = outcome { try? JSON(parsing: body) } else { nil }
    }

    /// Why there is no answer of the function's.
    var failure: EnvironmentPool.Failure? {
        if case .failed(let failure, _) = outcome { failure } else { nil }
    }

    var reason: String? { if case .failed(_, let reason) = outcome { reason } else { nil } }
}
