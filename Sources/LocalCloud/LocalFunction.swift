package import LambdaRuntime

/// What came of an invocation.
package struct InvocationResult: Sendable {
    package enum Outcome: Equatable, Sendable {
        /// The function's answer; with `prelude` when it was streamed for HTTP.
        case answer([UInt8], isHTTPStream: Bool)
        /// The function reported an error; its body is what callers see.
        case functionError([UInt8])
        case failed(EnvironmentPool.Failure, String)
    }

    package let outcome: Outcome
    package var environment: EnvironmentPool.EnvironmentID?
    package var isCold = false
    /// From the environment's taking the event to its answer.
    package var duration = Duration.zero
}

/// A function with its environments: performs what the pool decides.
package actor LocalFunction {
    private let configuration: FunctionConfiguration
    private let now: @Sendable () -> Duration
    private let wallClock: @Sendable () -> WallClock
    private let log: @Sendable (String) -> Void
    private var pool: EnvironmentPool
    private var invocations: [EnvironmentPool.InvocationID: Pending] = [:]
    private var environments: [EnvironmentPool.EnvironmentID: Environment] = [:]
    private var nextInvocation = 1
    private var isClosed = false
    private let starts = AsyncStream<EnvironmentPool.EnvironmentID>.makeStream()

    private struct Pending {
        let event: [UInt8]
        let requestID: String
        let deliver: CheckedContinuation<InvocationResult, Never>
        var dispatched = Duration.zero
    }

    private struct Environment {
        var process: ChildProcess?
        var isCold = true
        /// The request for an event that waits for one.
        var waiting: CheckedContinuation<RuntimeEvent?, Never>?
        var initializationError: String?
    }

    package init(
        _ configuration: FunctionConfiguration,
        now: @escaping @Sendable () -> Duration,
        wallClock: @escaping @Sendable () -> WallClock,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.now = now
        self.wallClock = wallClock
        self.log = log
        pool = EnvironmentPool(configuration.limits)
    }

    // MARK: Callers

    /// Runs the function on an event.
    package func invoke(_ event: [UInt8]) async -> InvocationResult {
        let id = nextInvocation
        nextInvocation += 1
        return await withCheckedContinuation { continuation in
            guard !isClosed else {
                continuation.resume(
                    returning: .init(outcome: .failed(.throttled, "the local Lambda is shutting down"))
                )
                return
            }
            invocations[id] = Pending(event: event, requestID: Self.requestID(id), deliver: continuation)
            perform(pool.submit(id, now: now()))
        }
    }

    // MARK: Lifetime

    /// Runs environments as they are needed, until cancelled; then ends them all.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepTime() }
            await withTaskCancellationHandler {
                for await id in starts.stream {
                    group.addTask { await EnvironmentRunner(id: id, function: self).run() }
                }
            } onCancel: {
                starts.continuation.finish()
            }
            close()
            group.cancelAll()
        }
    }

    private func keepTime() async {
        while !Task.isCancelled {
            perform(pool.wake(now: now()))
            // Fine enough for limits of seconds.
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private func close() {
        isClosed = true
        for environment in environments.values { environment.process?.kill() }
        for id in invocations.keys.sorted() {
            finish(id, .failed(.throttled, "the local Lambda is shutting down"), in: nil)
        }
    }

    private func perform(_ actions: [EnvironmentPool.Action]) {
        for action in actions {
            switch action {
            case .start(let id):
                environments[id] = Environment()
                starts.continuation.yield(id)
            case .dispatch(let invocation, let environment): dispatch(invocation, to: environment)
            case .kill(let id): environments[id]?.process?.kill()
            case .fail(let id, let failure): finish(id, .failed(failure, describe(failure)), in: nil)
            }
        }
    }

    private func describe(_ failure: EnvironmentPool.Failure) -> String {
        switch failure {
        case .throttled: "no environment was free in time; raise --concurrency"
        case .timedOut: "Task timed out after \(configuration.limits.timeout.components.seconds) seconds"
        case .initializationTimedOut: "Runtime.InitTimedOut: no event was asked for in time"
        case .crashed: "Runtime.ExitError: the runtime exited without an answer"
        }
    }

    // MARK: Environments

    func started(_ id: EnvironmentPool.EnvironmentID, port: Int) throws(ChildProcess.CannotStart)
        -> ChildProcess
    {
        let log = log
        let variables = configuration.environment(
            runtimeAPI: "127.0.0.1:\(port)",
            logStream: "local/[$LATEST]\(Self.requestID(id))"
        )
        let process = try ChildProcess(
            configuration.bundle + "/bootstrap",
            folder: configuration.bundle,
            variables: variables
        ) { log("[\(id)] \($0)") }
        environments[id]?.process = process
        if isClosed { process.kill() }
        return process
    }

    func ended(_ id: EnvironmentPool.EnvironmentID, _ reason: String) {
        environments.removeValue(forKey: id)?.waiting?.resume(returning: nil)
        guard !isClosed else { return }
        log("[\(id)] environment ended: \(reason)")
        perform(pool.exited(id, now: now()))
    }

    // MARK: The Runtime API's side

    /// Waits for the next event of an environment; nil when it is to end.
    func next(_ id: EnvironmentPool.EnvironmentID) async -> RuntimeEvent? {
        if let invocation = pool.invocation(in: id), let pending = invocations[invocation] {
            return event(pending)
        }
        return await withCheckedContinuation { continuation in
            guard environments[id] != nil, !isClosed else { return continuation.resume(returning: nil) }
            environments[id]?.waiting?.resume(returning: nil)
            environments[id]?.waiting = continuation
            perform(pool.ready(id, now: now()))
        }
    }

    private func dispatch(_ invocation: EnvironmentPool.InvocationID, to id: EnvironmentPool.EnvironmentID) {
        invocations[invocation]?.dispatched = now()
        guard let pending = invocations[invocation], let waiting = environments[id]?.waiting else { return }
        environments[id]?.waiting = nil
        waiting.resume(returning: event(pending))
    }

    private func event(_ pending: Pending) -> RuntimeEvent {
        let left = configuration.limits.timeout - (now() - pending.dispatched)
        let milliseconds =
            left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
        return RuntimeEvent(
            requestID: pending.requestID,
            functionARN: configuration.arn,
            deadline: wallClock().milliseconds + milliseconds,
            body: pending.event
        )
    }

    /// Takes an environment's answer; the status is the Runtime API's.
    func answer(
        _ id: EnvironmentPool.EnvironmentID,
        _ requestID: String,
        _ outcome: InvocationResult.Outcome
    ) -> RuntimeAPIStatus {
        guard invocations.values.contains(where: { $0.requestID == requestID }) else {
            return .invalidRequestID
        }
        guard let invocation = pool.invocation(in: id), invocations[invocation]?.requestID == requestID else {
            return .invalidStateTransition
        }
        pool.answered(id, now: now())
        finish(invocation, outcome, in: id)
        return .accepted
    }

    func failedInitialization(_ id: EnvironmentPool.EnvironmentID, _ error: [UInt8]) {
        log("[\(id)] init error: \(String(decoding: error.prefix(4096), as: UTF8.self))")
    }

    private func finish(
        _ id: EnvironmentPool.InvocationID,
        _ outcome: InvocationResult.Outcome,
        in environment: EnvironmentPool.EnvironmentID?
    ) {
        guard let pending = invocations.removeValue(forKey: id) else { return }
        var result = InvocationResult(outcome: outcome, environment: environment)
        if let environment {
            result.isCold = environments[environment]?.isCold ?? false
            result.duration = now() - pending.dispatched
            environments[environment]?.isCold = false
        }
        pending.deliver.resume(returning: result)
    }

    /// Looks like Lambda's: a UUID made of a counter.
    private static func requestID(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }
}
