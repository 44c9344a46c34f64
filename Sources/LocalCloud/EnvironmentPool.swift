/// The execution environments of one function, as Lambda keeps them: one invocation at a time each, more of them on demand, idle ones
/// reaped.
///
/// A synchronous value: events come in with the time they happened, and what is to be done comes out. `LocalFunction` does it.
package struct EnvironmentPool: Sendable {
    package struct Limits: Equatable, Sendable {
        /// Environments at once.
        package var environments = 2
        /// Invocations that may wait for an environment; one more is throttled, as Lambda throttles.
        package var queue = 1000
        /// How long an invocation may wait for an environment.
        package var queueWait = Duration.seconds(30)
        /// How long an environment may take until it asks for its first event. Lambda: 10 s.
        package var initialization = Duration.seconds(10)
        /// How long an invocation may run.
        package var timeout = Duration.seconds(30)
        /// How long an environment is kept without work.
        package var idle = Duration.seconds(300)

        package init() {}
    }

    package typealias EnvironmentID = Int
    package typealias InvocationID = Int

    package enum Failure: Equatable, Sendable {
        case throttled
        case timedOut
        /// The process ended while it had the invocation, or before it took any.
        case crashed
        case initializationTimedOut
    }

    package enum Action: Equatable, Sendable {
        case start(EnvironmentID)
        case dispatch(InvocationID, to: EnvironmentID)
        case kill(EnvironmentID)
        case fail(InvocationID, Failure)
    }

    private enum State: Equatable {
        case starting(since: Duration)
        case idle(since: Duration)
        case busy(InvocationID, since: Duration)
        /// Answered; the invocation is over when the next event is asked for.
        case finishing(since: Duration)
        /// Killed, until its process is gone.
        case ending
    }

    private struct Waiting: Equatable {
        let id: InvocationID
        let since: Duration
    }

    private let limits: Limits
    private var environments: [EnvironmentID: State] = [:]
    private var queue: [Waiting] = []
    private var nextID: EnvironmentID = 1

    package init(_ limits: Limits) { self.limits = limits }

    /// The invocation that an environment has and has not answered.
    package func invocation(in environment: EnvironmentID) -> InvocationID? {
        if case .busy(let id, _) = environments[environment] { id } else { nil }
    }

    // MARK: Events

    /// An invocation came.
    package mutating func submit(_ id: InvocationID, now: Duration) -> [Action] {
        guard queue.count < limits.queue else { return [.fail(id, .throttled)] }
        queue.append(Waiting(id: id, since: now))
        return assign(now)
    }

    /// An environment asks for an event.
    package mutating func ready(_ environment: EnvironmentID, now: Duration) -> [Action] {
        switch environments[environment] {
        case .starting, .finishing, .idle: environments[environment] = .idle(since: now)
        // It asks again without having answered, or is on its way out.
        case .busy, .ending, nil: return []
        }
        return assign(now)
    }

    /// An environment answered its invocation.
    package mutating func answered(_ environment: EnvironmentID, now: Duration) {
        if case .busy = environments[environment] { environments[environment] = .finishing(since: now) }
    }

    /// An environment's process is gone.
    package mutating func exited(_ environment: EnvironmentID, now: Duration) -> [Action] {
        let state = environments.removeValue(forKey: environment)
        switch state {
        case .busy(let id, _): return [.fail(id, .crashed)] + assign(now)
        // As with Lambda, an invocation pays for each start that fails, so a broken function ends instead of spinning.
        case .starting: return failFirst(.crashed) + assign(now)
        default: return assign(now)
        }
    }

    /// Time has passed.
    package mutating func wake(now: Duration) -> [Action] {
        var actions: [Action] = []
        for id in environments.keys.sorted() { actions += expire(id, now) }
        while let first = queue.first, now - first.since >= limits.queueWait {
            queue.removeFirst()
            actions.append(.fail(first.id, .throttled))
        }
        return actions + assign(now)
    }

    // MARK: Decisions

    private mutating func expire(_ id: EnvironmentID, _ now: Duration) -> [Action] {
        switch environments[id] {
        case .starting(let since) where now - since >= limits.initialization:
            environments[id] = .ending
            return [.kill(id)] + failFirst(.initializationTimedOut)
        case .busy(let invocation, let since) where now - since >= limits.timeout:
            environments[id] = .ending
            return [.kill(id), .fail(invocation, .timedOut)]
        case .finishing(let since) where now - since >= limits.timeout:
            environments[id] = .ending
            return [.kill(id)]
        case .idle(let since) where now - since >= limits.idle:
            environments[id] = .ending
            return [.kill(id)]
        default: return []
        }
    }

    private mutating func failFirst(_ failure: Failure) -> [Action] {
        queue.isEmpty ? [] : [.fail(queue.removeFirst().id, failure)]
    }

    /// Gives waiting invocations to idle environments, the one used last first so that the others can be reaped, and starts
    /// environments for those that are left.
    private mutating func assign(_ now: Duration) -> [Action] {
        var actions: [Action] = []
        while let first = queue.first, let environment = lastUsedIdle {
            queue.removeFirst()
            environments[environment] = .busy(first.id, since: now)
            actions.append(.dispatch(first.id, to: environment))
        }
        var starting = environments.values.count { if case .starting = $0 { true } else { false } }
        while starting < queue.count, environments.count < limits.environments {
            environments[nextID] = .starting(since: now)
            actions.append(.start(nextID))
            nextID += 1
            starting += 1
        }
        return actions
    }

    private var lastUsedIdle: EnvironmentID? {
        let idle = environments.compactMap { id, state -> (since: Duration, id: EnvironmentID)? in
            if case .idle(let since) = state { (since, id) } else { nil }
        }
        return idle.max { ($0.since, $1.id) < ($1.since, $0.id) }?.id
    }
}
