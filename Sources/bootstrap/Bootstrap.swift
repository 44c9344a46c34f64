import Glibc
import LambdaRuntime
import Pictures
import Serving

/// The function's process: reads its environment, starts the engine, serves events.
enum Bootstrap {
    /// Serves until that is impossible, and says why; returns the process's exit code.
    static func run(_ variables: [String: String]) -> Int32 {
        let environment: LambdaEnvironment
        do throws(InvalidEnvironment) {
            environment = try LambdaEnvironment(variables)
        } catch {
            Process.write(Array("bootstrap: \(error)\n".utf8), to: STDERR_FILENO)
            return 64
        }
        let log = Log(
            format: environment.logFormat,
            level: environment.logLevel,
            now: Process.now,
            write: Process.write
        )
        do {
            let settings = try Settings(variables)
            // Before a thread is there that reads the environment, as those of the engine and of libcurl do.
            let trace = TraceVariable()
            let controller = ControllerRole(variables, environment)
            let runtime =
                switch settings.role {
                case .router: try RouterRole.start(variables, environment, log, trace)
                case .controller: try controller.start(log, trace)
                case .inference, nil: try start(settings, environment, log, trace, controller)
                }
            log.fatal(runtime.run().description)
        } catch let error as FunctionError {
            fail(error, environment, log)
        } catch {
            fail(FunctionError("Runtime.InvalidSetting", "\(error)"), environment, log)
        }
        return 1
    }

    private static func start(
        _ settings: Settings,
        _ environment: LambdaEnvironment,
        _ log: Log,
        _ trace: TraceVariable,
        _ controller: ControllerRole
    ) throws -> LambdaRuntime {
        let engine = Engine(settings, environment)
        switch settings.preload {
        case .models:
            do { _ = try engine.repository() } catch {
                throw FunctionError("Runtime.ModelLoadFailed", error.description)
            }
        case .configured, .none: break
        }
        let decoder = PictureDecoder(folders: [environment.taskRoot])
        let service = InferenceService(decoder: decoder) { () throws(ServingError) in
            try engine.repository()
        }
        let isConcurrent = (environment.concurrencyMax ?? 1) > 1
        let handler = EventHandler(
            service: service,
            batched: isConcurrent ? BatchedInference(service, settings, environment) : nil,
            texts: TextInference(service, environment),
            streams: settings.streams,
            controller: settings.role == nil && settings.hasStack ? controller : nil,
            warmUps: WarmUps(
                environmentID: environmentID(environment),
                now: Process.now,
                sleep: { Process.sleep(milliseconds: $0) }
            )
        )
        return LambdaRuntime(environment, log: log, trace: trace, sleep: { Process.sleep(milliseconds: $0) })
        {
            handler.handle($0, $1)
        }
    }

    /// The log stream's last part, which Lambda makes unique for each environment; without one the process's number.
    static func environmentID(_ environment: LambdaEnvironment) -> String {
        environment.logStream.split(separator: "]").last.map(String.init) ?? "process-\(getpid())"
    }

    private static func fail(_ error: FunctionError, _ environment: LambdaEnvironment, _ log: Log) {
        log.fatal("\(error.type): \(error.message)")
        let client = RuntimeClient(environment) { Process.sleep(milliseconds: $0) }
        do { try client.failInitialization(error) } catch { log.fatal("\(error)") }
    }
}
