import Hummingbird
import LambdaRuntime
import Logging

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
        await withTaskGroup(of: String.self) { group in
            group.addTask {
                defer { ports.continuation.finish() }
                do {
                    try await server.run()
                    return "its Runtime API was closed"
                } catch {
                    return "its Runtime API failed: \(error)"
                }
            }
            group.addTask {
                guard let port = await ports.stream.first(where: { _ in true }) else { return "cancelled" }
                return await runProcess(port)
            }
            let reason = await group.next() ?? ""
            // First, as the server waits for its handlers, and one of them waits for an event that will not
            // come.
            await function.ended(id, reason)
            group.cancelAll()
        }
    }

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
