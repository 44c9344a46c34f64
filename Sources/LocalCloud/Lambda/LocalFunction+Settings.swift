extension LocalFunction {
    /// Keeps so many environments ready.
    func provision(_ count: Int) { perform(pool.provision(count, now: now())) }

    /// Holds the function to so many environments.
    func limit(to environments: Int) { perform(pool.limit(to: environments, now: now())) }

    /// What there is, for whoever shows it.
    var status: FunctionStatus {
        FunctionStatus(
            environments: pool.counts.all,
            busy: pool.counts.busy,
            readyAhead: pool.readyAhead,
            failure: pool.ahead.hasFailed
                ? "environments that were started ahead ended before they were ready" : nil,
            shown: pool.shown.map { .init(id: $0.id, state: $0.state) }
        )
    }

    /// Who takes the parts of an environment's streamed answer to an event; nil when it is to come whole.
    func receiver(_ id: EnvironmentPool.EnvironmentID, _ requestID: String) -> (@Sendable ([UInt8]) -> Void)?
    {
        guard environments[id]?.lastAnswered != requestID, let invocation = pool.invocation(in: id),
            let pending = invocations[invocation], pending.requestID == requestID
        else { return nil }
        return pending.receive
    }

    /// Lets every environment die, as if its machine had.
    func killEnvironments() { for environment in environments.values { environment.process?.kill() } }

    /// What a caller is told of a failure.
    func outcome(
        of failure: EnvironmentPool.Failure,
        _ requestID: String
    ) -> InvocationResult.Outcome {
        guard case .crashed(let id) = failure, let environment = environments[id] else {
            return .failed(failure, reason: failure.reason(requestID, configuration.limits))
        }
        if let error = environment.initializationError { return .functionError(error) }
        return .failed(
            failure,
            reason: failure.reason(requestID, configuration.limits, exit: environment.exit)
        )
    }
}
