package import AWS
import CURL
import Fleet
package import LambdaRuntime
import Synchronization
package import Wire

/// Answers requests by backends where that is cheap and in time, and by the inference function otherwise; any number at once.
///
/// What it decides is decided by `RouterState`; this only does it. It costs what its waiting costs: $0.4 for a million requests of
/// 100 ms at 128 MB, where the inference function itself would cost its whole memory for the same wait.
package final class Router: Sendable {
    private let settings: RouterSettings
    private let client: AWSClient
    private let effects: Effects
    private let write: @Sendable ([UInt8]) -> Void
    private let state: Mutex<RouterState>
    private let counts: Mutex<RoutingCounts>

    /// What an invocation keeps back to say that nothing answered.
    private static let margin = Duration.milliseconds(250)
    /// API Gateway hangs up after 30 seconds.
    private static let patience = Duration.seconds(29)
    /// Invocations of the inference function for one request: it may crash once, and a bug crashes it each time.
    private static let invocationsMax = 2

    /// - Parameters:
    ///   - client: signs and retries.
    ///   - effects: the same as the client's; requests to backends go through it unsigned.
    ///   - write: takes a whole line of the log.
    package init(
        _ settings: RouterSettings,
        client: AWSClient,
        effects: Effects,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.settings = settings
        self.client = client
        self.effects = effects
        self.write = write
        state = Mutex(RouterState(slo: settings.slo))
        counts = Mutex(RoutingCounts(stack: settings.stack))
    }

    /// Reads registry and token ahead of the first request; returns why it could not, which the first request may mend.
    package func prepare(within bound: Duration) async -> String? {
        await refresh(bound)
        return state.withLock { $0.tableProblem }
    }

    /// Answers a request; never fails.
    ///
    /// - Parameters:
    ///   - raw: the event that `event` was read from.
    ///   - deadline: when Lambda ends the invocation.
    package func respond(to event: HTTPEvent, raw: [UInt8], deadline: WallClock) async -> [UInt8] {
        let start = effects.now()
        let left = Duration.milliseconds(min(deadline - start.wall, 3_600_000)) - Self.margin
        let invocation = Invocation(
            event: event,
            raw: raw,
            start: start.monotonic,
            end: start.monotonic + min(left, Self.patience)
        )
        let (answer, outcome, detail) = await route(invocation)
        let now = effects.now()
        if let line = counts.withLock({ $0.count(outcome, detail, now: now) }) { write(line) }
        return answer
    }

    private struct Invocation {
        let event: HTTPEvent
        let raw: [UInt8]
        let start: Duration
        /// When there must be an answer, whatever it is.
        let end: Duration
    }

    private typealias Routed = (answer: [UInt8], outcome: RoutingOutcome, detail: String?)

    private func route(_ invocation: Invocation) async -> Routed {
        guard case .success(let request) = invocation.event.request, let inference = BackendRequest(request)
        else { return await spill(invocation, .notInference, nil) }
        var journey = Journey(objective: min(invocation.start + settings.slo, invocation.end))
        while true {
            await refresh(nil)
            let (now, draw) = (effects.now(), effects.random())
            switch state.withLock({ $0.step(journey, draw: draw, now: now) }) {
            case .spill(let cause):
                return await spill(invocation, cause, detail(of: cause, journey.lastFailure))
            case .attempt(let attempt):
                let answer = await ask(attempt, inference)
                let end = effects.now().wall
                switch answer {
                case .failed(let failure):
                    state.withLock { $0.ended(attempt, failure, &journey, now: end) }
                case .answered(let response):
                    state.withLock { $0.ended(attempt, nil, &journey, now: end) }
                    let detail = journey.lastFailure.map { "the first try: \($0)" }
                    let outcome = attempt.isSecond ? RoutingOutcome.servedSecond : .servedFirst
                    return (invocation.event.encode(response.served(by: attempt.backend.id)), outcome, detail)
                }
            }
        }
    }

    private func detail(of cause: SpillCause, _ failure: Failure?) -> String? {
        cause == .tableUnreachable ? state.withLock { $0.tableProblem } : failure?.description
    }

    private func ask(_ attempt: Attempt, _ inference: BackendRequest) async -> BackendAnswer {
        let token = state.withLock { $0.token }
        do throws(CURLError) {
            return BackendAnswer(try await effects.send(inference.request(for: attempt, token: token)))
        } catch {
            return BackendAnswer(error)
        }
    }

    // MARK: The inference function

    private func spill(_ invocation: Invocation, _ cause: SpillCause, _ detail: String?) async -> Routed {
        var problem = ""
        for _ in 0..<Self.invocationsMax {
            let start = effects.now().monotonic
            let call = Lambda.invoke(
                settings.function,
                payload: invocation.raw,
                isPure: true,
                timeout: max(invocation.end - start, .zero)
            )
            do throws(AWSError) {
                let result = try await client.send(call, deadline: invocation.end)
                let time = effects.now().monotonic - start
                // Metadata takes no time, and says nothing of inferences.
                if cause != .notInference { state.withLock { $0.spilled(after: time) } }
                guard let error = result.functionError else {
                    return (result.payload, .spilled(cause), detail)
                }
                let text = String(decoding: result.payload.prefix(500), as: UTF8.self)
                problem = "the inference function failed (\(error)): \(text)"
            } catch {
                problem = error.description
                break
            }
        }
        let details = [detail, problem].compactMap { $0 }.joined(separator: "; then ")
        return (invocation.event.encode(Self.unavailable), .failed, "\(cause): \(details)")
    }

    /// Says nothing of the inside, which is in the log.
    private static let unavailable = HTTPResponse(
        status: 503,
        headers: HTTPHeaders([.init("content-type", "application/json"), .init("retry-after", "1")]),
        body: JSON.object([
            .init("error", "no capacity answers at the moment; send the request again in a second")
        ])
        .encoded()
    )

    // MARK: The table

    /// Reads what is due, registry and token at once.
    ///
    /// - Parameter bound: how long that may take; nil for what requests can wait.
    private func refresh(_ bound: Duration?) async {
        let now = effects.now().monotonic
        let (fleet, token) = state.withLock { ($0.beginFleet(now: now), $0.beginToken(now: now)) }
        guard fleet != nil || token != nil else { return }
        async let readFleet: Void = refreshFleet(fleet.map { now + (bound ?? $0) })
        async let readToken: Void = refreshToken(token.map { now + (bound ?? $0) })
        _ = await (readFleet, readToken)
    }

    private func refreshFleet(_ deadline: Duration?) async {
        guard let deadline else { return }
        let result = await result(of: settings.table.backends(isConsistent: false), deadline)
        let now = effects.now().monotonic
        state.withLock { $0.endFleet(result, now: now) }
    }

    private func refreshToken(_ deadline: Duration?) async {
        guard let deadline else { return }
        let result = await result(of: settings.table.token(), deadline)
        let now = effects.now().monotonic
        state.withLock { $0.endToken(result, now: now) }
    }

    private func result<Output>(of call: Call<Output>, _ deadline: Duration) async -> Result<Output, AWSError>
    {
        do throws(AWSError) { return .success(try await client.send(call, deadline: deadline)) } catch {
            return .failure(error)
        }
    }
}
