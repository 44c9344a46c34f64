import AWS
import Backend
import CURL
import Fleet
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
    private let scheme: String
    private let member: FleetMember?

    /// - Parameters:
    ///   - tls: nil for plain HTTP.
    ///   - member: nil outside a fleet.
    init(_ options: Serve, _ tls: TLSIdentity?, _ member: FleetMember?) throws {
        self.options = options
        self.member = member
        scheme = tls == nil ? "http" : "https"
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
        let generators = Self.generators(planning, now)
        let engine = ServingEngine(
            models: Terminal.absolute(options.models),
            planner: planner,
            dispatchers,
            generators,
            measurement: measurement,
            watchInterval: options.watch.map { .milliseconds(Int(1000 * $0)) },
            now: now
        )
        var limits = InferenceService.Limits()
        limits.allowsModelControl = options.modelControl
        limits.inflatedBody = options.connections.bodyMax
        var settings = BackendService.Settings()
        settings.tokens = options.connections.fixedToken.map { AcceptedTokens([$0]) } ?? member?.accepted
        settings.readers = options.connections.readers
        settings.decoders = planning.cores
        settings.residentBytes = { Machine.residentBytes() }
        let counters = HTTPCounters()
        let service = BackendService(
            settings,
            counters: counters,
            service: InferenceService(
                limits: limits,
                decoder: PictureLibraries.decoder,
                report: { dispatchers.existing(for: $0)?.report },
                repository: { () throws(ServingError) in try engine.repository() }
            ),
            dispatchers: dispatchers,
            texts: GenerationService(
                inflatedMax: options.connections.bodyMax,
                time: { Terminal.wallClock().milliseconds / 1000 },
                repository: { () throws(ServingError) in try engine.repository() }
            ),
            generators: generators,
            now: now
        )
        accessLog =
            options.connections.accessLog
            ? AccessLog(clock: { Terminal.wallClock().description }, write: { Terminal.write($0) }) : nil
        self.engine = engine
        self.service = service
        server = Self.server(options, tls, service, counters, accessLog, now)
    }

    private static func generators(
        _ planning: DispatchPlanner.Settings,
        _ now: @escaping @Sendable () -> Duration
    ) -> Generators {
        var settings = GenerationPlanner.Settings()
        settings.slo = planning.slo
        settings.margin = planning.margin
        let planner = GenerationPlanner(settings, now: now)
        return Generators { model throws(ServingError) in try planner.plan(model) }
    }

    private static func server(
        _ options: Serve,
        _ tls: TLSIdentity?,
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
        settings.tls = tls
        return HTTPServer(
            settings,
            counters: counters,
            now: now,
            admit: { service.admit($0) },
            accessLog: accessLog,
            handler: { service.handle($0) }
        )
    }

    private enum Ended: Sendable {
        case server, watch
        case membership(Membership.Ending?)
    }

    /// Returns when everything that was admitted is answered.
    ///
    /// - Returns: how a member of a fleet has left it; nil for others.
    func run() async throws -> Membership.Ending? {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        var ending: Membership.Ending?
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
            if let member { group.addTask { .membership(await member.run(effects)) } }
            loop: while let ended = try await group.next() {
                switch ended {
                case .server: break loop
                case .watch: continue
                case .membership(let left):
                    ending = left
                    server.close()
                }
            }
            group.cancelAll()
        }
        accessLog?.close()
        return ending
    }

    private var effects: FleetMember.Effects {
        FleetMember.Effects(
            now: { AWSAccess.now() },
            load: { [service] in service.load },
            drain: { await drain($0) },
            note: { Terminal.note($0) }
        )
    }

    private func listen() async throws {
        let host = options.host.contains(":") ? "[\(options.host)]" : options.host
        do {
            try await server.run { port in
                Terminal.line("Listening on \(scheme)://\(host):\(port) (Ctrl-C ends it)")
                engine.start {
                    guard let member else { return }
                    guard service.hasModels else {
                        return Terminal.note("Not registered: no model is served")
                    }
                    member.isReady(port: port, since: Terminal.wallClock())
                }
            }
        } catch {
            throw CommandFailure(
                "cannot listen on \(host):\(options.port): \(error); choose another --port, or 0 for a free one"
            )
        }
    }

    // MARK: The end

    /// Refuses new work, waits for what was admitted, and ends the server; a member of a fleet leaves it first.
    private func drain(_ reason: String) async {
        guard service.beginDraining() else { return }
        Terminal.note("Draining: \(reason)")
        member?.drainBegan()
        // Routers hold connections open until the table has told them; on those they are refused in words, not by a closed door.
        if member == nil { server.drain() }
        // What the kernel has accepted and we have not would be reset by the end.
        let earliest = MonotonicClock.now() + max(.seconds(options.draining.drain), .milliseconds(250))
        while !service.isIdle || MonotonicClock.now() < earliest {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
        }
        if let member { member.drainEnded() } else { server.close() }
    }

    private func watchSpot() async {
        guard options.draining.spotWatch ?? (Machine.instanceType != nil) else { return }
        do throws(CURLError) {
            let watch = SpotWatch(AWSAccess.metadata(try CURLClient(connectionsMax: 1)))
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
