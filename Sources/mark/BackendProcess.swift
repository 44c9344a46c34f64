import AWS
import Backend
import CURL
import LambdaRuntime
import ONNX
import Serving
import Threading
import UnixSignals
import Wire

/// The backend's process: loads models while it listens already, serves, and ends in order.
struct BackendProcess {
    private let options: Serve
    private let engine: ServingEngine
    private let service: BackendService
    private let server: HTTPServer
    private let accessLog: AccessLog?

    init(_ options: Serve) throws {
        self.options = options
        guard Terminal.isReadable(options.models) else {
            throw CommandFailure(
                "there is no folder \(options.models); name the model repository with --models"
            )
        }
        let now: @Sendable () -> Duration = { MonotonicClock.now() }
        let planning = options.batching.settings(readers: options.connections.readers)
        let measurement =
            options.batching.measure ? StartMeasurement(cores: planning.cores, slo: planning.slo) : nil
        let planner = DispatchPlanner(planning, measured: { measurement?.profile($0) }, now: now)
        let dispatchers = Dispatchers(now: now) { (model) throws(ServingError) in try planner.plan(model) }
        let engine = ServingEngine(
            models: Terminal.absolute(options.models),
            planner: planner,
            dispatchers,
            measurement: measurement,
            now: now
        )
        var limits = InferenceService.Limits()
        limits.allowsModelControl = options.modelControl
        limits.inflatedBody = options.connections.bodyMax
        var settings = BackendService.Settings()
        settings.token = options.connections.token ?? Terminal.variable("MARK_TOKEN")
        settings.residentBytes = { Machine.residentBytes() }
        let counters = HTTPCounters()
        let service = BackendService(
            settings,
            counters: counters,
            service: InferenceService(
                limits: limits,
                report: { dispatchers.existing(for: $0)?.report },
                repository: { () throws(ServingError) in try engine.repository() }
            ),
            dispatchers: dispatchers,
            now: now
        )
        accessLog =
            options.connections.accessLog
            ? AccessLog(clock: { Terminal.wallClock().description }, write: { Terminal.write($0) }) : nil
        self.engine = engine
        self.service = service
        server = Self.server(options, service, counters, accessLog, now)
    }

    private static func server(
        _ options: Serve,
        _ service: BackendService,
        _ counters: HTTPCounters,
        _ accessLog: AccessLog?,
        _ now: @escaping @Sendable () -> Duration
    ) -> HTTPServer {
        var settings = HTTPServer.Settings()
        settings.host = options.host
        settings.port = options.port
        settings.loops = options.connections.readers
        settings.limits = options.connections.limits
        settings.tls = options.connections.tls
        return HTTPServer(
            settings,
            counters: counters,
            now: now,
            admit: { service.admit($0) },
            accessLog: accessLog,
            handler: { service.handle($0) }
        )
    }

    private enum Ended: Sendable { case server, watch }

    func run() async throws {
        engine.start()
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup(of: Ended.self) { group in
            group.addTask {
                try await listen()
                return .server
            }
            group.addTask {
                for await signal in signals { await drain("\(signal)") }
                return .watch
            }
            group.addTask {
                await watchSpot()
                return .watch
            }
            while let ended = try await group.next(), ended != .server {}
            group.cancelAll()
        }
        accessLog?.close()
    }

    private func listen() async throws {
        let scheme = options.connections.tls == nil ? "http" : "https"
        do {
            try await server.run { port in
                Terminal.line("Listening on \(scheme)://\(options.host):\(port) (Ctrl-C ends it)")
            }
        } catch let error as InvalidTLSFiles {
            throw CommandFailure(error.description)
        } catch {
            throw CommandFailure(
                "cannot listen on \(options.host):\(options.port): \(error); choose another --port, or 0 for a free one"
            )
        }
    }

    // MARK: The end

    /// Refuses new work, waits for what was admitted, and ends the server.
    private func drain(_ reason: String) async {
        guard service.beginDraining() else { return }
        Terminal.note("Draining: \(reason)")
        server.drain()
        let earliest = MonotonicClock.now() + .seconds(options.draining.drain)
        while !service.isIdle || MonotonicClock.now() < earliest {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
        }
        server.close()
    }

    private func watchSpot() async {
        guard options.draining.spotWatch ?? (Machine.instanceType != nil) else { return }
        let endpoint =
            Terminal.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? InstanceMetadata.defaultEndpoint
        do throws(CURLError) {
            let client = try CURLClient(connectionsMax: 1)
            let watch = SpotWatch(InstanceMetadata(endpoint: endpoint, client: client))
            while let notice = await watch.notice(failed: { Terminal.note("No spot notices: \($0)") }) {
                if case .rebalance = notice, options.draining.ignoreRebalance {
                    // It stays recommended, so nothing new is to be learnt soon.
                    try? await Task.sleep(for: .seconds(5))
                    continue
                }
                return await drain("\(notice)")
            }
        } catch {
            Terminal.note("No spot notices: \(error)")
        }
    }
}
