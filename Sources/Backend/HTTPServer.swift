import CPlatform
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
package import Wire

/// An HTTP/1.1 server on SwiftNIO whose handler is called on the event loops.
///
/// Not on Hummingbird, which the local cloud uses: its asynchronous requests cost a switch of threads and a dozen allocations each.
package final class HTTPServer: Sendable {
    package struct Settings: Sendable {
        package var host = "127.0.0.1"
        /// 0 takes a free one.
        package var port = 8080
        /// Threads that read and write.
        package var loops = 1
        package var limits = HTTPLimits()
        /// Nil for plain HTTP.
        package var tls: TLSIdentity?

        package init() {}
    }

    package typealias Handler = @Sendable (Exchange) -> Void

    /// What connections know of their server.
    final class Shared: Sendable {
        let limits: HTTPLimits
        let counters: HTTPCounters
        let now: @Sendable () -> Duration
        let admit: @Sendable (HTTPRequest) -> HTTPResponse?
        let handler: Handler
        let accessLog: AccessLog?
        private let draining = Atomic<Bool>(false)
        private let drainStart = Mutex<Duration?>(nil)

        init(
            _ limits: HTTPLimits,
            _ counters: HTTPCounters,
            now: @escaping @Sendable () -> Duration,
            admit: @escaping @Sendable (HTTPRequest) -> HTTPResponse?,
            accessLog: AccessLog?,
            handler: @escaping Handler
        ) {
            self.limits = limits
            self.counters = counters
            self.now = now
            self.admit = admit
            self.accessLog = accessLog
            self.handler = handler
        }

        var isDraining: Bool { draining.load(ordering: .relaxed) }

        func drain() {
            let now = now()
            drainStart.withLock { $0 = $0 ?? now }
            draining.store(true, ordering: .relaxed)
        }

        /// For how long it has been draining; nil when it is not.
        func drainTime(_ now: Duration) -> Duration? { drainStart.withLock { $0 }.map { now - $0 } }

        func log(_ exchange: Exchange, status: Int, bytes: Int) {
            accessLog?.add(exchange, status: status, bytes: bytes, now: now())
        }
    }

    private let counters: HTTPCounters
    private let settings: Settings
    private let shared: Shared
    private struct Listener {
        var channel: (any Channel)?
        var isClosed = false
    }
    private let listener = Mutex(Listener())

    /// - Parameters:
    ///   - now: a monotonic clock.
    ///   - admit: called with a request's header before its body is read; what it returns refuses it.
    ///   - accessLog: takes a line for each answer; nil for none.
    ///   - handler: called with each complete request, on its connection's loop, which it must not block.
    package init(
        _ settings: Settings,
        counters: HTTPCounters = HTTPCounters(),
        now: @escaping @Sendable () -> Duration,
        admit: @escaping @Sendable (HTTPRequest) -> HTTPResponse? = { _ in nil },
        accessLog: AccessLog? = nil,
        handler: @escaping Handler
    ) {
        self.settings = settings
        self.counters = counters
        shared = Shared(
            settings.limits,
            counters,
            now: now,
            admit: admit,
            accessLog: accessLog,
            handler: handler
        )
    }

    /// Serves until `close` is called and every connection has ended.
    ///
    /// - Parameter onListening: called with the port once connections are accepted.
    package func run(onListening: @Sendable (Int) -> Void = { _ in }) async throws {
        cplatform_raise_file_limit()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.loops)
        let loops = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), HTTPLoop($0, shared)) }
        )
        do {
            let channel = try await bind(group, loops)
            let isClosed = listener.withLock { listener in
                listener.channel = channel
                return listener.isClosed
            }
            if isClosed { channel.close(promise: nil) }
            for loop in loops.values { loop.start() }
            onListening(channel.localAddress?.port ?? settings.port)
            try await channel.closeFuture.get()
            await waitForConnections(loops.values)
            for loop in loops.values { loop.stop() }
            try await group.shutdownGracefully()
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func bind(
        _ group: MultiThreadedEventLoopGroup,
        _ loops: [ObjectIdentifier: HTTPLoop]
    ) async throws -> any Channel {
        let (shared, tls) = (shared, settings.tls)
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 16)
            .childChannelOption(
                .recvAllocator,
                // A picture's 600 kB come in three reads; a small request takes two kilobytes.
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 256 * 1024)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else { return }
                    try Self.initialize(channel, shared, loop, tls)
                }
            }
            .bind(host: settings.host, port: settings.port).get()
    }

    private static func initialize(
        _ channel: any Channel,
        _ shared: Shared,
        _ loop: HTTPLoop,
        _ tls: TLSIdentity?
    ) throws {
        shared.counters.accepted.increment()
        guard shared.counters.open.current < shared.limits.connections else {
            shared.counters.refused.increment()
            channel.close(promise: nil)
            return
        }
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(tls.handler()) }
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
        try pipeline.addHandler(HTTPConnection(shared, loop))
    }

    // MARK: The end

    /// Ends each connection after its next answer, and idle ones at once; new ones are still accepted.
    package func drain() { shared.drain() }

    /// Accepts no more connections; `run` returns when the open ones have ended, also when it is called later.
    package func close() {
        drain()
        let channel = listener.withLock { listener in
            listener.isClosed = true
            return listener.channel
        }
        channel?.close(promise: nil)
    }

    /// Gives open connections the time for which closing ones may linger, and ends them.
    private func waitForConnections(_ loops: some Collection<HTTPLoop>) async {
        let end = shared.now() + settings.limits.linger + .seconds(1)
        while counters.open.current > 0, shared.now() < end {
            try? await Task.sleep(for: .milliseconds(10))
        }
        for loop in loops { loop.closeAll() }
    }

    /// The answer for an error: `{"error": text}`.
    package static func failure(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: HTTPHeaders([.init("content-type", "application/json")]),
            body: JSON.object([.init("error", .string(text))]).encoded()
        )
    }
}
