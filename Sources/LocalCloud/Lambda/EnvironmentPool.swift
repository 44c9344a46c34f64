/// The execution environments of one function, as Lambda keeps them.
///
/// Each has one invocation at a time; more are started on demand, idle ones are reaped. A start that fails is
/// tried once more, with the function's timeout, as Lambda retries Init with the first invocation; the second
/// failure is the answer to the invocation that has waited longest, so a function that cannot start costs two
/// processes an invocation and never spins.
///
/// A synchronous value: events come in with the time they happened, and what is to be done comes out.
/// `LocalFunction` does it.
package struct EnvironmentPool: Sendable {
    package struct Limits: Equatable, Sendable {
        /// Environments at once.
        package var environments = 2
        /// Invocations that may wait for an environment; one more is throttled, as Lambda throttles.
        package var queue = 1000
        /// How long an invocation may wait for an environment that is alive.
        package var queueWait = Duration.seconds(30)
        /// How long an environment may take until it asks for its first event, as long as Lambda's Init.
        package var initialization = Duration.seconds(10)
        /// How long an invocation may run.
        package var timeout = Duration.seconds(30)
        /// How long after its answer an environment is expected to ask for its next event, so that none is
        /// started meanwhile.
        package var turnaround = Duration.milliseconds(20)
        /// How long an environment is kept without work.
        package var idle = Duration.seconds(300)
        /// Whether an invocation is throttled at once when no environment will soon be free, as Lambda does; else it waits.
        package var throttlesAtOnce = false

        package init() {}
    }

    package typealias EnvironmentID = Int
    package typealias InvocationID = Int

    package enum Failure: Equatable, Sendable {
        /// No environment was free in time.
        case throttled
        case timedOut
        /// The process of this environment ended while it had the invocation, or twice before it took any.
        case crashed(EnvironmentID)
        /// This environment did not ask for an event in time, as the one before it did not.
        case initializationTimedOut(EnvironmentID)
    }

    package enum Action: Equatable, Sendable {
        case start(EnvironmentID)
        case dispatch(InvocationID, to: EnvironmentID)
        case kill(EnvironmentID)
        case fail(InvocationID, Failure)
        /// Time must be told at this instant, or later if nothing earlier happens.
        case wake(at: Duration)
    }

    enum State: Equatable {
        case starting(since: Duration, isRetry: Bool)
        case idle(since: Duration)
        case busy(InvocationID, since: Duration)
        /// Answered; the invocation is over when the next event is asked for.
        case finishing(since: Duration)
        /// Killed, until its process is gone.
        case ending
        /// Killed because its first start took too long, until its process is gone and another can be started
        /// in its place.
        case restarting
    }

    struct Waiting: Equatable {
        let id: InvocationID
        let since: Duration
    }

    private(set) var limits: Limits
    private(set) var environments: [EnvironmentID: State] = [:]
    /// What is to be ready ahead, and what has come of it.
    package private(set) var ahead = Ahead()
    private(set) var queue: [Waiting] = []
    private var nextID: EnvironmentID = 1
    /// The earliest instant at which somebody has promised to tell the time.
    private var armed: Duration?

    package init(_ limits: Limits) { self.limits = limits }

    /// The invocation that an environment has and has not answered.
    package func invocation(in environment: EnvironmentID) -> InvocationID? {
        if case .busy(let id, _) = environments[environment] { id } else { nil }
    }

    // MARK: Events

    /// An invocation came.
    ///
    /// - Parameter mayWait: whether it is asynchronous, and so never throttled at once.
    package mutating func submit(_ id: InvocationID, mayWait: Bool = false, now: Duration) -> [Action] {
        let isFull = limits.throttlesAtOnce && !mayWait && queue.count >= comingCount(now)
        guard queue.count < limits.queue, !isFull else { return [.fail(id, .throttled)] }
        queue.append(Waiting(id: id, since: now))
        return assign(now) + arm(now)
    }

    /// An environment asks for an event.
    package mutating func ready(_ environment: EnvironmentID, now: Duration) -> [Action] {
        switch environments[environment] {
        case .starting, .finishing, .idle:
            environments[environment] = .idle(since: now)
            ahead.failures = 0
        // It asks again without having answered, or is on its way out.
        case .busy, .ending, .restarting, nil: return []
        }
        return assign(now) + arm(now)
    }

    /// An environment answered its invocation.
    package mutating func answered(_ environment: EnvironmentID, now: Duration) -> [Action] {
        if case .busy = environments[environment] { environments[environment] = .finishing(since: now) }
        return arm(now)
    }

    /// An environment's process is gone.
    package mutating func exited(_ environment: EnvironmentID, now: Duration) -> [Action] {
        let state = environments.removeValue(forKey: environment)
        if case .starting = state { ahead.failures += 1 }
        ahead.started.remove(environment)
        let actions: [Action] =
            switch state {
            case .busy(let id, _): [.fail(id, .crashed(environment))]
            case .starting(_, isRetry: true): failFirst(.crashed(environment))
            case .starting(_, isRetry: false), .restarting: restart(now)
            case .idle, .finishing, .ending, nil: []
            }
        return actions + assign(now) + arm(now)
    }

    /// Time has passed.
    package mutating func wake(now: Duration) -> [Action] {
        if let armed, armed <= now { self.armed = nil }
        var actions: [Action] = []
        for id in environments.keys.sorted() { actions += expire(id, now) }
        while let first = queue.first, now - first.since >= limits.queueWait {
            queue.removeFirst()
            actions.append(.fail(first.id, .throttled))
        }
        return actions + assign(now) + arm(now)
    }

    /// So many environments are to be ready ahead (provisioned concurrency).
    package mutating func provision(_ count: Int, now: Duration) -> [Action] {
        ahead.wanted = count
        ahead.failures = 0
        return assign(now) + arm(now)
    }

    /// The function is held to another number of environments; those that are there are not ended.
    package mutating func limit(to environments: Int, now: Duration) -> [Action] {
        limits.environments = environments
        return assign(now) + arm(now)
    }

    // MARK: Decisions

    private mutating func expire(_ id: EnvironmentID, _ now: Duration) -> [Action] {
        guard let state = environments[id], let deadline = deadline(of: state), deadline <= now else {
            return []
        }
        switch state {
        case .starting(_, isRetry: false):
            environments[id] = .restarting
            return [.kill(id)]
        case .starting(_, isRetry: true):
            environments[id] = .ending
            return [.kill(id)] + failFirst(.initializationTimedOut(id))
        case .busy(let invocation, _):
            environments[id] = .ending
            return [.kill(id), .fail(invocation, .timedOut)]
        case .finishing, .idle:
            environments[id] = .ending
            return [.kill(id)]
        case .ending, .restarting: return []
        }
    }

    private mutating func failFirst(_ failure: Failure) -> [Action] {
        queue.isEmpty ? [] : [.fail(queue.removeFirst().id, failure)]
    }

    /// The second try of a start that failed, if somebody still waits for it.
    private mutating func restart(_ now: Duration) -> [Action] {
        startingCount < queue.count ? [start(isRetry: true, now)] : []
    }

    private mutating func start(isRetry: Bool, _ now: Duration) -> Action {
        defer { nextID += 1 }
        environments[nextID] = .starting(since: now, isRetry: isRetry)
        return .start(nextID)
    }

    /// Gives waiting invocations to idle environments and starts environments for those that are left.
    private mutating func assign(_ now: Duration) -> [Action] {
        var actions: [Action] = []
        while let first = queue.first, let environment = lastUsedIdle {
            queue.removeFirst()
            environments[environment] = .busy(first.id, since: now)
            actions.append(.dispatch(first.id, to: environment))
        }
        while startingCount + turningCount(now) < queue.count, environments.count < limits.environments {
            actions.append(start(isRetry: false, now))
        }
        while ahead.wanted > keptCount, ahead.failures < Ahead.failuresMax,
            environments.count < limits.environments
        {
            ahead.started.insert(nextID)
            actions.append(start(isRetry: false, now))
        }
        return actions
    }

    // MARK: Time

    private func deadline(of state: State) -> Duration? {
        switch state {
        case .starting(let since, let isRetry): since + (isRetry ? limits.timeout : limits.initialization)
        // One that is to be there ahead stays.
        case .idle(let since): keptCount > ahead.wanted ? since + limits.idle : nil
        case .busy(_, let since), .finishing(let since): since + limits.timeout
        case .ending, .restarting: nil
        }
    }

    /// When an environment that has answered is no longer waited for.
    private func turnaround(of state: State, after now: Duration) -> Duration? {
        guard case .finishing(let since) = state, since + limits.turnaround > now else { return nil }
        return since + limits.turnaround
    }

    /// Asks to be woken when something expires, unless that is promised for then or earlier.
    private mutating func arm(_ now: Duration) -> [Action] {
        var deadlines = environments.values.compactMap(deadline)
        if let first = queue.first {
            deadlines.append(first.since + limits.queueWait)
            deadlines += environments.values.compactMap { turnaround(of: $0, after: now) }
        }
        // What was kept ahead may be long due when it no longer is.
        guard let next = deadlines.min().map({ max($0, now) }), armed.map({ next < $0 }) ?? true else {
            return []
        }
        armed = next
        return [.wake(at: next)]
    }
}
