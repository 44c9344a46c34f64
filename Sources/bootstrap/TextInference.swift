import LambdaRuntime
import Serving
import Threading
import Wire

/// Texts in a function: sent while they are made where the front takes that, else as one answer.
///
/// Nothing is loaded or started before the first request for a text. A text has the time that its invocation has.
struct TextInference: Sendable {
    private enum Part: Sendable {
        case whole(HTTPResponse)
        case head(HTTPResponse)
        case body([UInt8])
        case end
    }

    private let service: GenerationService
    private let generators: Generators

    /// Of an invocation's time, for what comes after the last token.
    private static let margin = Duration.milliseconds(200)
    private static let timeMax: Int64 = 900_000

    init(_ service: InferenceService, _ environment: LambdaEnvironment) {
        let now: @Sendable () -> Duration = { MonotonicClock.now() }
        var settings = GenerationPlanner.Settings()
        settings.slo = .milliseconds(Self.timeMax)
        settings.slotsMax = environment.concurrencyMax ?? 1
        let planner = GenerationPlanner(settings, now: now)
        self.service = GenerationService(
            time: { Process.now().milliseconds / 1000 },
            repository: service.repository
        )
        generators = Generators { model throws(ServingError) in try planner.plan(model) }
    }

    /// The whole answer, also of a request that asks for a stream: its events in one body.
    func respond(to request: HTTPRequest, _ invocation: Invocation) -> HTTPResponse {
        let (parts, _) = begin(request, invocation)
        var response = HTTPResponse(status: 200)
        while let part = parts.take() {
            switch part {
            case .whole(let whole): return whole
            case .head(let head): response = head
            case .body(let bytes): response.body += bytes
            case .end: return response
            }
        }
        return response
    }

    /// The answer while it is made.
    func stream(_ request: HTTPRequest, _ invocation: Invocation) -> Outcome {
        let (parts, run) = begin(request, invocation)
        switch parts.take() {
        case .whole(let response)?: return Self.stream(response)
        case .head(let head)?:
            return .stream(ResponsePrelude(status: head.status, headers: head.served(by: "lambda").headers)) {
                stream in
                do {
                    while case .body(let bytes)? = parts.take() { try stream.write(bytes) }
                } catch {
                    run?.cancel()
                    throw error
                }
            }
        case .body?, .end?, nil: preconditionFailure("an answer begins with its head")
        }
    }

    /// An answer that is there already, for a front that takes streams.
    static func stream(_ response: HTTPResponse) -> Outcome {
        let prelude = ResponsePrelude(status: response.status, headers: response.served(by: "lambda").headers)
        return .stream(prelude) { try $0.write(response.body) }
    }

    private func begin(_ request: HTTPRequest, _ invocation: Invocation) -> (Inbox<Part>, GenerationRun?) {
        let parts = Inbox<Part>()
        switch service.begin(request) {
        case .answer(let response): parts.put(.whole(response))
        case .generate(let call):
            do throws(ServingError) {
                let sink = GenerationRun.Sink(
                    respond: { parts.put(.whole($0)) },
                    begin: { parts.put(.head($0)) },
                    write: { parts.put(.body($0)) },
                    end: { parts.put(.end) }
                )
                let run = try GenerationRun(call, on: generators.worker(for: call.model), to: sink)
                let left = min(invocation.deadline - Process.now(), Self.timeMax)
                let now = MonotonicClock.now()
                run.start(arrival: now, deadline: now + .milliseconds(left) - Self.margin)
                return (parts, run)
            } catch {
                let isOpenAI = GenerationService.isOpenAI(request.path)
                parts.put(.whole(GenerationService.failure(error, isOpenAI: isOpenAI)))
            }
        }
        return (parts, nil)
    }
}
