import CURL
import Synchronization
import Wire

/// Sends calls to AWS: signs, retries and pages; any number at once.
///
/// What it decides is decided by `Exchange`; this only does it.
package final class AWSClient: Sendable {
    package let configuration: AWSConfiguration
    private let effects: Effects
    private let credentials: CredentialsProvider
    private let memory = Mutex(ClientMemory())

    package init(_ configuration: AWSConfiguration, effects: Effects) {
        self.configuration = configuration
        self.effects = effects
        credentials = CredentialsProvider(configuration.credentials, effects: effects)
    }

    /// The call's result, all its pages put together.
    ///
    /// Cancelling the task ends the request and throws `.cancelled`.
    ///
    /// - Parameter deadline: On the monotonic clock of `Effects.now`: no attempt begins after it or lasts beyond it. Only the fetch of
    ///   credentials, which a Lambda function never needs, has a bound of its own, 6 seconds.
    package func send<Output>(_ call: Call<Output>, deadline: Duration) async throws(AWSError) -> Output {
        var plan = Exchange.Plan(call, configuration, deadline: deadline, invocationID: effects.uuid())
        let (first, token) = try await page(call, plan)
        guard let paging = call.paging else { return first }
        var (output, next) = (first, token)
        var count = 1
        while let token = next {
            count += 1
            guard count <= paging.pagesMax else { throw failure(plan, .tooManyPages(paging.pagesMax)) }
            plan.message = call.message
            paging.apply(&plan.message, token)
            plan.invocationID = effects.uuid()
            let (page, following) = try await page(call, plan)
            paging.join(&output, page)
            next = following
        }
        return output
    }

    private func page<Output>(
        _ call: Call<Output>,
        _ plan: Exchange.Plan
    ) async throws(AWSError) -> (Output, next: JSON?) {
        let answer = try await perform(plan)
        do throws(MalformedAnswer) {
            guard let paging = call.paging else { return (try call.read(answer), nil) }
            let parsed = try answer.withDocument()
            let output = try call.read(parsed)
            let token = try parsed.document[paging.answerKey]
            // The end is a token that is missing, null or empty.
            return (output, token == .null || token?.stringValue?.isEmpty == true ? nil : token)
        } catch {
            throw failure(plan, .malformed(error))
        }
    }

    private func perform(_ plan: Exchange.Plan) async throws(AWSError) -> Answer {
        var exchange = Exchange(plan)
        var action = exchange.start(now: effects.now())
        while true {
            let event: Exchange.Event
            switch action {
            case .finish(let result): return try result.get()
            case .credentials(let refused): event = .credentials(await fetched(refused))
            case .send(let request): event = .reply(await reply(to: request))
            case .sleep(let duration):
                do { try await effects.sleep(duration) } catch { throw exchange.abandoned() }
                event = .woken
            }
            let (now, random) = (effects.now(), effects.unit())
            action = memory.withLock { exchange.handle(event, now: now, memory: &$0, random: random) }
        }
    }

    private func fetched(_ refused: Credentials?) async -> Result<Credentials, CredentialsError> {
        do throws(CredentialsError) {
            return .success(try await credentials.credentials(refused: refused))
        } catch {
            return .failure(error)
        }
    }

    private func reply(to request: CURLRequest) async -> Result<CURLResponse, CURLError> {
        do throws(CURLError) { return .success(try await effects.send(request)) } catch {
            return .failure(error)
        }
    }

    private func failure(_ plan: Exchange.Plan, _ cause: AWSError.Cause) -> AWSError {
        AWSError(
            service: plan.service.name,
            operation: plan.operation,
            cause: cause,
            attempts: 1,
            mayHaveTakenEffect: plan.effect != .none,
            missingPermission: nil
        )
    }
}
