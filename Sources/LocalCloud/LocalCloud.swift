import Hummingbird
import ServiceLifecycle
import UnixSignals
package import Wire

/// Lambda and API Gateway on this machine: an HTTP front on loopback before a function's real processes; or a whole stack, with all of
/// AWS's services that it uses.
package struct LocalCloud: Sendable {
    private enum Content: Sendable {
        case function(FunctionConfiguration)
        case stack(StackConfiguration)
    }

    private let content: Content
    private let port: Int
    private let wallClock: @Sendable () -> WallClock
    private let log: @Sendable (String) -> Void
    private let stops = AsyncStream<Void>.makeStream()

    /// - Parameters:
    ///   - configuration: The function.
    ///   - port: Of 127.0.0.1; 0 takes a free one.
    ///   - wallClock: Tells the time of day.
    ///   - log: Takes a line of text for each request, and each line of the function's own.
    package init(
        _ configuration: FunctionConfiguration,
        port: Int,
        wallClock: @escaping @Sendable () -> WallClock,
        log: @escaping @Sendable (String) -> Void
    ) {
        content = .function(configuration)
        (self.port, self.wallClock, self.log) = (port, wallClock, log)
    }

    /// A whole stack instead of one function.
    package init(
        _ stack: StackConfiguration,
        port: Int,
        wallClock: @escaping @Sendable () -> WallClock,
        log: @escaping @Sendable (String) -> Void
    ) {
        content = .stack(stack)
        (self.port, self.wallClock, self.log) = (port, wallClock, log)
    }

    /// Serves until SIGINT, SIGTERM or `stop`, then answers who waits and ends the function's processes.
    ///
    /// - Parameter onReady: Called with the port once requests are taken.
    /// - Throws: When the port cannot be had.
    package func run(onReady: @escaping @Sendable (Int) async -> Void) async throws {
        let start = ContinuousClock.now
        let now: @Sendable () -> Duration = { ContinuousClock.now - start }
        switch content {
        case .function(let configuration):
            let function = LocalFunction(configuration, now: now, wallClock: wallClock, log: log)
            let front = GatewayFront(
                target: { function },
                functionURL: FunctionURLFront(function: function, stack: nil, now: now, log: log),
                invoke: InvokeFront(function: function, functionName: configuration.name, now: now, log: log),
                endpoint: nil,
                now: now,
                wallClock: wallClock,
                log: log
            )
            try await serve(
                front,
                Running(run: { await function.run() }, stop: { function.stop() }),
                onReady: onReady
            )
        case .stack(let configuration):
            let stack = try Stack(configuration, now: now, wallClock: wallClock, log: log)
            let front = front(stack, now)
            try await serve(front, Running(run: { await stack.run() }, stop: { stack.stop() })) { port in
                await stack.connect("http://127.0.0.1:\(port)")
                await onReady(port)
            }
        }
    }

    private func front(_ stack: Stack, _ now: @escaping @Sendable () -> Duration) -> GatewayFront {
        GatewayFront(
            target: { await stack.targetFunction },
            functionURL: FunctionURLFront(
                function: stack.inferenceFunction,
                stack: stack,
                now: now,
                log: log
            ),
            invoke: nil,
            endpoint: AWSEndpoint(stack: stack, now: now, log: log),
            now: now,
            wallClock: wallClock,
            log: log
        )
    }

    private func serve(
        _ front: GatewayFront,
        _ running: Running,
        onReady: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let application = Application(
            responder: CallbackResponder<ConnectionContext> { request, context in
                try await front.respond(request, context)
            },
            server: .http1(configuration: .init(additionalChannelHandlers: [HTTP1Compliance.Installer()])),
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { await onReady($0.localAddress?.port ?? 0) },
            logger: .silent
        )
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: application, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: running),
                    .init(
                        service: StopService(stops: stops.stream),
                        successTerminationBehavior: .gracefullyShutdownGroup
                    ),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: .silent
            )
        )
        try await group.run()
    }

    /// Makes `run` end.
    package func stop() { stops.continuation.finish() }
}

/// What stands behind the front, as a service: it ends when the group shuts down.
private struct Running: Service {
    let body: @Sendable () async -> Void
    let stop: @Sendable () -> Void

    init(run: @escaping @Sendable () async -> Void, stop: @escaping @Sendable () -> Void) {
        (body, self.stop) = (run, stop)
    }

    func run() async throws {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await body()
            } onGracefulShutdown: {
                stop()
            }
        } onCancel: {
            stop()
        }
    }
}

/// Ends when the local cloud is told to, or with everything else.
private struct StopService: Service {
    let stops: AsyncStream<Void>

    func run() async throws { for await _ in stops.cancelOnGracefulShutdown() {} }
}
