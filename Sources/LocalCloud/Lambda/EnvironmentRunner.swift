import Hummingbird
import LambdaRuntime
import Logging
import ServiceLifecycle

/// One execution environment: a Runtime API on a port of its own, and the bootstrap that talks to it.
///
/// `AWS_LAMBDA_RUNTIME_API` is a host and a port and nothing else, so only the port can tell environments
/// apart.
struct EnvironmentRunner: Sendable {
    let id: EnvironmentPool.EnvironmentID
    let function: LocalFunction

    /// Runs until the process is gone.
    func run() async {
        let ports = AsyncStream<Int>.makeStream()
        let api = RuntimeAPI(id: id, function: function)
        let server = Application(
            responder: CallbackResponder<ConnectionContext> { try await api.respond($0, $1) },
            server: .http1(configuration: .init(additionalChannelHandlers: [HTTP1Compliance.Installer()])),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { ports.continuation.yield($0.localAddress?.port ?? 0) },
            logger: .silent
        )
        let services = ServiceGroup(configuration: .init(services: [server], logger: .silent))
        await withTaskGroup(of: End.self) { group in
            group.addTask {
                defer { ports.continuation.finish() }
                do {
                    try await services.run()
                    return .server("its Runtime API was closed")
                } catch {
                    return .server("its Runtime API failed: \(error)")
                }
            }
            group.addTask {
                guard let port = await ports.stream.first(where: { _ in true }) else { return .process("") }
                return .process(await runProcess(port))
            }
            var failure: String?
            for await end in group {
                switch end {
                case .server(let reason):
                    failure = reason
                    group.cancelAll()
                case .process(let reason):
                    await function.ended(id, failure ?? reason)
                    // Not by cancellation: NIO traps when that meets a connection that was just accepted.
                    await services.triggerGracefulShutdown()
                }
            }
        }
    }

    private enum End: Sendable { case server(String), process(String) }

    private func runProcess(_ port: Int) async -> String {
        do {
            let process = try await function.start(id, port: port)
            return await withTaskCancellationHandler {
                await process.exit().description
            } onCancel: {
                process.kill()
            }
        } catch {
            return error.description
        }
    }
}

extension Logger {
    /// For servers whose requests we report ourselves.
    static let silent = Logger(label: "mark") { _ in SwiftLogNoOpLogHandler() }
}
