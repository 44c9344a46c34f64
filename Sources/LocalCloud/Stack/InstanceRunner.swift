import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Wire

/// One instance: its metadata service on a port of its own, and its program.
struct InstanceRunner: Sendable {
    let instance: CloudInstance
    let stack: Stack

    /// Runs until the program is gone.
    func run() async {
        let ports = AsyncStream<Int>.makeStream()
        let metadata = MetadataService(
            credentials: StackConfiguration.instanceCredentials,
            region: FunctionConfiguration.region,
            token: "token-of-\(instance.id)"
        )
        let server = Application(
            responder: CallbackResponder<ConnectionContext> { request, _ in
                let request = AWSRequest(request, body: [])
                return Response(await stack.metadata(request, instance.id, metadata))
            },
            server: .http1(configuration: .init(additionalChannelHandlers: [HTTP1Compliance.Installer()])),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { ports.continuation.yield($0.localAddress?.port ?? 0) },
            logger: .silent
        )
        let services = ServiceGroup(configuration: .init(services: [server], logger: .silent))
        await withDiscardingTaskGroup { group in
            group.addTask {
                defer { ports.continuation.finish() }
                // When it fails there is no port, and the instance ends at once.
                try? await services.run()
            }
            group.addTask {
                let reason = await runProgram(ports.stream)
                await stack.ended(instance.id, reason)
                await services.triggerGracefulShutdown()
            }
        }
    }

    private func runProgram(_ ports: AsyncStream<Int>) async -> String {
        guard let port = await ports.first(where: { _ in true }) else {
            return "its metadata service does not start"
        }
        do {
            return await (try stack.start(instance, metadataPort: port)).exit().description
        } catch {
            return error.description
        }
    }
}
