import AWS
import LambdaRuntime
import Routing
import Threading
import Wire

/// The function's process as a router: no engine, no model; libcurl, which the inference role never opens.
enum RouterRole {
    /// What is read of the table before the first event is waited for; Lambda gives a starting environment a whole processor.
    private static let preparation = Duration.seconds(2)
    /// A throttled inference function is asked again as long as the invocation lasts; three attempts would be over in seconds.
    private static let attemptsMin = 6

    /// - Throws: `FunctionError` for settings or a machine that no request could be served with.
    static func start(
        _ variables: [String: String],
        _ environment: LambdaEnvironment,
        _ log: Log,
        _ trace: TraceVariable
    ) throws(FunctionError) -> LambdaRuntime {
        let router = try router(variables)
        if let problem = blocking({ await router.prepare(within: preparation) }) {
            log.warn("the table cannot be read yet, so requests spill: \(problem)")
        }
        let warmUps = WarmUps(
            environmentID: Bootstrap.environmentID(environment),
            now: Process.now,
            sleep: { Process.sleep(milliseconds: $0) }
        )
        return LambdaRuntime(environment, log: log, trace: trace, sleep: { Process.sleep(milliseconds: $0) })
        { invocation, _ in
            handle(invocation, router, warmUps)
        }
    }

    private static func router(_ variables: [String: String]) throws(FunctionError) -> Router {
        do {
            let settings = try RouterSettings(variables)
            let effects = try Effects.ofFunction()
            let client = try AWSClient(function: variables, effects, attemptsMin: attemptsMin)
            return Router(settings, client: client, effects: effects, write: Process.write)
        } catch {
            throw FunctionError("Runtime.InvalidSetting", "\(error)")
        }
    }

    private static func handle(_ invocation: Invocation, _ router: Router, _ warmUps: WarmUps) -> Outcome {
        let event: Event
        do throws(InvalidEvent) {
            event = try Event(parsing: invocation.event)
        } catch {
            return .failure(FunctionError("Function.InvalidEvent", error.description))
        }
        switch event {
        case .http(let event):
            return .response(
                blocking {
                    await router.respond(to: event, raw: invocation.event, deadline: invocation.deadline)
                }
            )
        case .warmUp(let warmUp): return warmUps.answer(warmUp, invocation)
        case .inference, .queue, .schedule, .instance:
            return .failure(
                FunctionError(
                    "Function.NoHTTP",
                    "the router only takes HTTP requests; send this event to the inference function or the controller"
                )
            )
        }
    }
}
