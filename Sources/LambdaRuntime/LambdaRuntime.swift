import Threading

/// The loop of a custom runtime: next event, handler, answer, until the process ends.
package struct LambdaRuntime: Sendable {
    package typealias Handler = @Sendable (Invocation, Log) -> Outcome

    private let environment: LambdaEnvironment
    private let log: Log
    private let sleep: @Sendable (Int64) -> Void
    private let handler: Handler
    // Written by the one worker that there is when there is a variable.
    private nonisolated(unsafe) let trace: TraceVariable?
    private let firstInvocation = FirstInvocation()

    /// - Parameters:
    ///   - trace: the variable in which SDKs look for an invocation's trace; used with one invocation at a time only.
    ///   - sleep: waits that many milliseconds.
    ///   - handler: called on as many threads at once as the environment's concurrency says.
    package init(
        _ environment: LambdaEnvironment,
        log: Log,
        trace: TraceVariable? = nil,
        sleep: @escaping @Sendable (Int64) -> Void,
        handler: @escaping Handler
    ) {
        self.environment = environment
        self.log = log
        self.trace = trace
        self.sleep = sleep
        self.handler = handler
    }

    /// Serves on this thread, and on others where more than one invocation comes at once; returns why it cannot go
    /// on.
    package func run() -> RuntimeAPIError {
        guard let concurrency = environment.concurrencyMax, concurrency > 1 else {
            return work(environment.concurrencyMax == nil ? trace : nil)
        }
        let failures = Mailbox<RuntimeAPIError>()
        for _ in 0..<concurrency {
            Thread.start { failures.put(self.work(nil)) }
        }
        return failures.take()
    }

    private func work(_ trace: TraceVariable?) -> RuntimeAPIError {
        let client = RuntimeClient(environment, firstInvocation: firstInvocation, sleep: sleep)
        while true {
            do throws(RuntimeAPIError) {
                let invocation = try client.nextInvocation()
                trace?.set(invocation.traceID)
                let log = log.about(invocation)
                let outcome = handler(invocation, log)
                report(outcome, try client.answer(outcome, to: invocation.requestID), log)
            } catch {
                return error
            }
        }
    }

    private func report(_ outcome: Outcome, _ delivery: RuntimeClient.Delivery, _ log: Log) {
        if case .failure(let error) = outcome {
            log.error("\(error.type): \(error.message)")
        }
        if case .refused(let status, let reason) = delivery {
            // 413 too large, 400 unknown, 403 answered before, 410 timed out: this invocation is over, the next one
            // is not.
            log.error("Lambda refused the answer with status \(status): \(reason)")
        }
    }
}
