import AWS
import CURL
import Control
import Fleet
import LambdaRuntime
import Planning
import Serving
import Synchronization
import Threading
import Wire

/// The function's process as the controller: opened at the start where that is its only role, else with the first tick.
final class ControllerRole: Sendable {
    private let variables: [String: String]
    private let environment: LambdaEnvironment
    private let opened = Mutex<Controller?>(nil)

    /// Left for the answer and for Lambda's own part.
    private static let margin = Duration.milliseconds(500)

    init(_ variables: [String: String], _ environment: LambdaEnvironment) {
        (self.variables, self.environment) = (variables, environment)
    }

    /// The controller's loop alone: no engine and no model.
    func start(_ log: Log, _ trace: TraceVariable) throws(FunctionError) -> LambdaRuntime {
        _ = try controller()
        return LambdaRuntime(environment, log: log, trace: trace, sleep: { Process.sleep(milliseconds: $0) })
        { [self] invocation, log in
            let event: Event
            do throws(InvalidEvent) { event = try Event(parsing: invocation.event) } catch {
                return .failure(FunctionError("Function.InvalidEvent", error.description))
            }
            switch event {
            case .schedule(let event): return run(.tick(at: Self.time(event.time)), invocation, log)
            case .instance(let event):
                return run(.instance(event, at: Self.time(event.time)), invocation, log)
            case .http, .inference, .queue, .warmUp:
                return .failure(
                    FunctionError(
                        "Function.NoTick",
                        "the controller takes ticks of a schedule and EC2's events; send this event to the inference function"
                    )
                )
            }
        }
    }

    /// AWS's time, which is the machine's where an event does not say it.
    static func time(_ text: String) -> WallClock { WallClock(iso8601: text) ?? Process.now() }

    /// One cycle.
    func run(_ trigger: Controller.Trigger, _ invocation: Invocation, _ log: Log) -> Outcome {
        do throws(FunctionError) {
            let controller = try controller()
            let left = Duration.milliseconds(invocation.deadline - Process.now()) - Self.margin
            guard left > .seconds(1) else {
                throw FunctionError("Function.TooLate", "\(left) are left, too little for a cycle")
            }
            let report = blocking {
                await controller.run(
                    trigger,
                    holder: invocation.requestID,
                    within: min(left, .seconds(300)),
                    log: log
                )
            }
            // A failed invocation is what the alarm on the controller counts.
            if let failure = report.failure { throw FunctionError("Function.CycleFailed", failure) }
            return .response(report.json.encoded())
        } catch {
            return .failure(error)
        }
    }

    /// - Throws: `FunctionError` for settings that no cycle could run with.
    private func controller() throws(FunctionError) -> Controller {
        if let controller = opened.withLock({ $0 }) { return controller }
        do {
            let settings = try ControlSettings(variables)
            let catalogue = try Catalogue(PriceList.usEast1())
            let controller = Controller(
                settings,
                catalogue,
                model: try model(settings, catalogue),
                aws: try AWSClient(function: variables, try Effects.ofFunction()),
                now: { Moment(monotonic: MonotonicClock.now(), wall: Process.now()) },
                write: Process.write
            )
            opened.withLock { $0 = controller }
            return controller
        } catch {
            throw FunctionError("Runtime.InvalidSetting", "\(error)")
        }
    }

    /// Nil for a model that was never profiled: Lambda's own runs then show how long it takes.
    private func model(_ settings: ControlSettings, _ catalogue: Catalogue) throws -> ProfiledModel? {
        let folder = variables["MARK_MODELS"] ?? "\(environment.taskRoot)/models"
        let found = try ModelRepository.configuration(of: settings.model, in: folder)
        return try? ProfiledModel(
            name: found.name,
            found.configuration.profiles,
            slo: settings.slo,
            catalogue
        )
    }
}
