import Batching
import NIOCore
package import Serving
import Synchronization
package import Wire

/// Answers a backend's requests: the protocol and SageMaker's contract, through the bouncer and the batcher; metrics; readiness.
package final class BackendService: Sendable {
    package struct Settings: Sendable {
        /// What callers must send in `x-mark-token`; nil for no check.
        package var tokens: AcceptedTokens?
        /// Threads of the server that read and write.
        package var readers = 1
        /// Threads that decode pictures.
        package var decoders = 1
        /// Reads the process's resident memory, in bytes.
        package var residentBytes: @Sendable () -> Int = { 0 }

        package init() {}
    }

    static let deadlineHeader = "x-mark-deadline-ms"
    static let tokenHeader = "x-mark-token"

    private let settings: Settings
    private let counters: HTTPCounters
    let service: InferenceService
    let dispatchers: Dispatchers
    let texts: GenerationService
    let generators: Generators
    let decoding: DecodeThreads
    private let now: @Sendable () -> Duration
    private let draining = Atomic<Bool>(false)
    let pumps = PumpSchedule()

    /// - Parameters:
    ///   - service: its repository must not wait.
    ///   - now: a monotonic clock.
    package init(
        _ settings: Settings,
        counters: HTTPCounters,
        service: InferenceService,
        dispatchers: Dispatchers,
        texts: GenerationService,
        generators: Generators,
        now: @escaping @Sendable () -> Duration
    ) {
        self.settings = settings
        self.counters = counters
        self.service = service
        self.dispatchers = dispatchers
        self.texts = texts
        self.generators = generators
        decoding = DecodeThreads(workers: settings.decoders, now: now) { service.decode($0) }
        self.now = now
    }

    // MARK: Draining

    package var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// Fails readiness and takes no new work; what was admitted is served.
    ///
    /// - Returns: whether this was the first call.
    package func beginDraining() -> Bool {
        guard !draining.exchange(true, ordering: .relaxed) else { return false }
        // Pictures that were admitted still go through them.
        decoding.drain { [dispatchers] in dispatchers.drain() }
        generators.drain()
        return true
    }

    /// Whether there is a model to serve.
    package var hasModels: Bool { !dispatchers.all.isEmpty }

    /// What the models do together.
    package var load: FleetLoad {
        FleetLoad(
            dispatchers.all.map(\.worker.report),
            texts: generators.all.map(\.worker.report),
            readers: settings.readers
        )
    }

    /// Whether nothing waits or runs.
    package var isIdle: Bool { decoding.isIdle && dispatchers.isIdle && generators.isIdle }

    // MARK: Requests

    /// Refuses, by its header, a request that has no business here.
    package func admit(_ request: HTTPRequest) -> HTTPResponse? {
        guard let tokens = settings.tokens, !Self.isOpen(request.path) else { return nil }
        guard tokens.accepts(request.headers[Self.tokenHeader] ?? "") else {
            return HTTPServer.failure(401, "the header \(Self.tokenHeader) is missing or wrong")
        }
        return nil
    }

    /// Health checks come from balancers, which know no token.
    private static func isOpen(_ path: String) -> Bool {
        path == "/v2/health/live" || path == "/v2/health/ready" || path == SageMaker.ping
    }

    /// Answers a request, now or when its batch has run; called on the connection's loop.
    package func handle(_ exchange: Exchange) {
        let request = exchange.request
        switch request.path {
        case "/v2/health/ready" where isDraining, SageMaker.ping where isDraining:
            exchange.respond(InferenceService.refused(Refusal(.draining)))
        case SageMaker.ping:
            exchange.respond(
                service.respond(to: HTTPRequest(method: request.method, path: "/v2/health/ready"))
            )
        case "/metrics": exchange.respond(metrics(request))
        case SageMaker.invocations: invoke(exchange)
        default:
            if request.path.hasPrefix("/v2/repository/models/") {
                control(exchange)
            } else if GenerationService.handles(request.path) {
                generate(exchange)
            } else {
                infer(exchange, request)
            }
        }
    }

    private func invoke(_ exchange: Exchange) {
        guard exchange.request.method == "POST" else {
            exchange.respond(HTTPServer.failure(405, "\(SageMaker.invocations) takes POST"))
            return
        }
        let names = (try? service.repository().all.map(\.name)) ?? []
        let onlyName = Set(names).count == 1 ? names.first : nil
        switch SageMaker.inference(exchange.request, onlyModel: onlyName) {
        case .success(let request): infer(exchange, request)
        case .failure(let error): exchange.respond(HTTPServer.failure(400, error.description))
        }
    }

    /// Loads and unloads models away from the loop, which other requests need.
    private func control(_ exchange: Exchange) {
        ControlThread.run { [self] in
            exchange.respond(service.respond(to: exchange.request))
        }
    }

    // MARK: Metrics

    private func metrics(_ request: HTTPRequest) -> HTTPResponse {
        guard request.method == "GET" || request.method == "HEAD" else {
            return HTTPServer.failure(405, "/metrics takes GET")
        }
        var text = PrometheusText()
        BackendMetrics(
            models: dispatchers.all.map { ($0.model, $0.worker.report) },
            residentBytes: settings.residentBytes(),
            isDraining: isDraining
        ).write(to: &text)
        GenerationMetricsText(models: generators.all.map { ($0.model, $0.worker.report) }).write(to: &text)
        counters.write(to: &text)
        return HTTPResponse(
            status: 200,
            headers: HTTPHeaders([.init("content-type", "text/plain; version=0.0.4; charset=utf-8")]),
            body: Array(text.text.utf8)
        )
    }
}
