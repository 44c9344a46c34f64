package import Wire

/// A function with its environments: performs what the pool decides.
package actor LocalFunction {
    private(set) var configuration: FunctionConfiguration
    let now: @Sendable () -> Duration
    private let wallClock: @Sendable () -> WallClock
    private let log: @Sendable (String) -> Void
    private let observe: @Sendable (FunctionObservation) -> Void
    var pool: EnvironmentPool
    private(set) var invocations: [EnvironmentPool.InvocationID: PendingInvocation] = [:]
    private(set) var environments: [EnvironmentPool.EnvironmentID: EnvironmentRecord] = [:]
    private var nextInvocation = 1
    private var isClosed = false
    private let work = AsyncStream<Work>.makeStream()

    /// What `run` has a task for.
    private enum Work {
        case environment(EnvironmentPool.EnvironmentID)
        case timer(Duration)
    }

    package init(
        _ configuration: FunctionConfiguration,
        now: @escaping @Sendable () -> Duration,
        wallClock: @escaping @Sendable () -> WallClock,
        observe: @escaping @Sendable (FunctionObservation) -> Void = { _ in },
        log: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.observe = observe
        self.now = now
        self.wallClock = wallClock
        self.log = log
        pool = EnvironmentPool(configuration.limits)
    }

    /// Gives environments that are started from now on more variables.
    func add(variables: [String: String]) { configuration.variables.merge(variables) { $1 } }

    // MARK: Callers

    /// Runs the function and waits for what comes of it.
    package func invoke(_ invocation: Invocation) async -> InvocationResult {
        await withCheckedContinuation { continuation in
            submit(invocation) { continuation.resume(returning: $0) }
        }
    }

    /// Runs the function; `deliver` is called once with what comes of it.
    ///
    /// - Parameters:
    ///   - mayWait: whether it is asynchronous, and so waits for an environment where another caller would be throttled.
    ///   - receive: takes the prelude and the body of a streamed answer as they come, which `deliver` then has not.
    package func submit(
        _ invocation: Invocation,
        mayWait: Bool = false,
        receive: (@Sendable ([UInt8]) -> Void)? = nil,
        deliver: @escaping @Sendable (InvocationResult) -> Void
    ) {
        guard !isClosed else { return deliver(Self.closing) }
        let id = nextInvocation
        nextInvocation += 1
        invocations[id] = PendingInvocation(
            invocation: invocation,
            requestID: RequestID.text(id),
            receive: receive,
            deliver: deliver
        )
        perform(pool.submit(id, mayWait: mayWait, now: now()))
    }

    private static let closing = InvocationResult(
        outcome: .failed(.throttled, reason: "the local Lambda is shutting down")
    )

    // MARK: Lifetime

    /// Runs environments as they are needed, until `stop`; returns when the last process is gone.
    package func run() async {
        await withDiscardingTaskGroup { environments in
            await withDiscardingTaskGroup { timers in
                for await work in work.stream {
                    switch work {
                    case .environment(let id):
                        environments.addTask { await EnvironmentRunner(id: id, function: self).run() }
                    case .timer(let instant): timers.addTask { await self.wake(at: instant) }
                    }
                }
                timers.cancelAll()
            }
            close()
        }
    }

    /// Ends every process and answers whoever waits.
    package nonisolated func stop() { work.continuation.finish() }

    private func wake(at instant: Duration) async {
        try? await Task.sleep(for: instant - now())
        guard !isClosed else { return }
        perform(pool.wake(now: now()))
    }

    private func close() {
        isClosed = true
        for environment in environments.values { environment.process?.kill() }
        for id in invocations.keys.sorted() { invocations.removeValue(forKey: id)?.deliver(Self.closing) }
    }

    func perform(_ actions: [EnvironmentPool.Action]) {
        for action in actions {
            switch action {
            case .start(let id):
                environments[id] = EnvironmentRecord(started: now())
                work.continuation.yield(.environment(id))
            case .dispatch(let invocation, let environment): dispatch(invocation, to: environment)
            case .kill(let id):
                environments[id]?.isKilled = true
                environments[id]?.process?.kill()
            case .fail(let id, let failure): finish(id, outcome(of: failure, requestID(of: id)))
            case .wake(let instant): work.continuation.yield(.timer(instant))
            }
        }
    }

    // MARK: Environments

    /// Starts an environment's process, which finds the Runtime API at a port.
    func start(
        _ id: EnvironmentPool.EnvironmentID,
        port: Int
    ) async throws(ChildProcess.CannotStart) -> ChildProcess {
        let (log, observe) = (log, observe)
        let process = try await ChildProcess.start(
            configuration.bundle + "/bootstrap",
            folder: configuration.bundle,
            variables: configuration.environment(
                runtimeAPI: "127.0.0.1:\(port)",
                logStream: "local/[$LATEST]\(RequestID.text(id))",
                isAhead: pool.isAhead(id)
            )
        ) { line in
            log("[\(id)] \(line)")
            observe(.line(line))
        }
        environments[id]?.process = process
        if isClosed || environments[id]?.isKilled ?? true { process.kill() }
        return process
    }

    func ended(_ id: EnvironmentPool.EnvironmentID, _ reason: String) {
        environments[id]?.waiting?.resume(returning: nil)
        environments[id]?.waiting = nil
        environments[id]?.exit = reason
        if !isClosed {
            log("[\(id)] ended: \(reason)")
            perform(pool.exited(id, now: now()))
        }
        environments[id] = nil
    }

    // MARK: The Runtime API's side

    /// Waits for the next event of an environment; nil when it is to end.
    func next(_ id: EnvironmentPool.EnvironmentID) async -> RuntimeEvent? {
        if let invocation = pool.invocation(in: id), let pending = invocations[invocation] {
            return event(pending)
        }
        return await withCheckedContinuation { continuation in
            guard let environment = environments[id], !isClosed else {
                return continuation.resume(returning: nil)
            }
            // A runtime that asks twice has lost its first connection.
            environment.waiting?.resume(returning: nil)
            environments[id]?.waiting = continuation
            if environment.initialization == nil {
                environments[id]?.initialization = now() - environment.started
            }
            perform(pool.ready(id, now: now()))
        }
    }

    private func dispatch(_ invocation: EnvironmentPool.InvocationID, to id: EnvironmentPool.EnvironmentID) {
        invocations[invocation]?.dispatched = now()
        invocations[invocation]?.environment = id
        guard let pending = invocations[invocation], let waiting = environments[id]?.waiting else { return }
        environments[id]?.waiting = nil
        waiting.resume(returning: event(pending))
    }

    private func event(_ pending: PendingInvocation) -> RuntimeEvent {
        let left = configuration.limits.timeout - (now() - (pending.dispatched ?? now()))
        return RuntimeEvent(
            requestID: pending.requestID,
            functionARN: configuration.arn,
            deadline: wallClock().milliseconds + Int64(left / .milliseconds(1)),
            invocation: pending.invocation
        )
    }

    /// Takes an environment's answer to an event.
    func answer(
        _ id: EnvironmentPool.EnvironmentID,
        _ requestID: String,
        _ outcome: InvocationResult.Outcome
    ) -> RuntimeAPIStatus {
        guard environments[id]?.lastAnswered != requestID else { return .invalidStateTransition }
        guard let invocation = pool.invocation(in: id), invocations[invocation]?.requestID == requestID else {
            return .invalidRequestID
        }
        environments[id]?.lastAnswered = requestID
        finish(invocation, outcome)
        perform(pool.answered(id, now: now()))
        return .accepted
    }

    /// Takes an environment's reason for not starting.
    func failedInitialization(_ id: EnvironmentPool.EnvironmentID, _ error: [UInt8]) -> RuntimeAPIStatus {
        guard environments[id]?.initialization == nil else { return .invalidStateTransition }
        environments[id]?.initializationError = error
        log("[\(id)] init error: \(String(decoding: error.prefix(4096), as: UTF8.self))")
        return .accepted
    }

    // MARK: Results

    private func finish(_ id: EnvironmentPool.InvocationID, _ outcome: InvocationResult.Outcome) {
        guard let pending = invocations.removeValue(forKey: id) else { return }
        var result = InvocationResult(outcome: outcome, environment: pending.environment)
        if let id = pending.environment, let environment = environments[id], let start = pending.dispatched {
            result.duration = now() - start
            result.isAhead = pool.isAhead(id)
            // Nobody waits for what was started ahead, and it is billed by the time that it is there, its start included.
            result.isCold = environment.isCold && !result.isAhead
            result.initialization = result.isCold ? environment.initialization ?? .zero : .zero
            environments[id]?.isCold = false
        }
        pending.deliver(result)
        observe(.finished(result, pending.invocation, concurrency: pool.counts.busy))
    }

    private func requestID(of id: EnvironmentPool.InvocationID) -> String { invocations[id]?.requestID ?? "" }
}
