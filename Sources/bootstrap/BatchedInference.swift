import Batching
import LambdaRuntime
import Serving
import Threading
import Wire

/// Batches requests that one environment works on at once (`AWS_LAMBDA_MAX_CONCURRENCY` above 1, as on Lambda Managed Instances).
///
/// Their machines cost the same while idle, so batches form only of what waits anyway.
struct BatchedInference: Sendable {
    private let service: InferenceService
    private let dispatchers: Dispatchers

    init(_ service: InferenceService, _ settings: Settings, _ environment: LambdaEnvironment) {
        self.service = service
        var planning = DispatchPlanner.Settings()
        planning.cores = max(1, environment.memorySize / 1769)
        planning.threads = settings.threads ?? 1
        planning.readers = planning.cores
        let now: @Sendable () -> Duration = { MonotonicClock.now() }
        let planner = DispatchPlanner(planning, now: now)
        dispatchers = Dispatchers(now: now) { (model) throws(ServingError) in try planner.plan(model) }
    }

    /// Answers a request, once its batch has run; a model without an objective runs at once.
    func respond(to request: HTTPRequest) -> HTTPResponse {
        let arrival = MonotonicClock.now()
        switch service.begin(request) {
        case .answer(let response): return response
        case .pictures(let encoded):
            // This thread is the request's own.
            switch service.decode(encoded) {
            case .success(let inference): return respond(to: inference, arrival)
            case .failure(let error): return InferenceService.failure(error)
            }
        case .inference(let inference): return respond(to: inference, arrival)
        }
    }

    private func respond(to inference: PreparedInference, _ arrival: Duration) -> HTTPResponse {
        guard inference.model.configuration.slo != nil else { return service.respond(to: inference) }
        do throws(ServingError) {
            return respond(to: inference, arrival, try dispatchers.worker(for: inference.model))
        } catch {
            return InferenceService.failure(error)
        }
    }

    private func respond(
        to inference: PreparedInference,
        _ arrival: Duration,
        _ dispatcher: Dispatcher
    ) -> HTTPResponse {
        let outcome = Mailbox<Dispatcher.Outcome>()
        dispatcher.submitUnlessKnown(
            .init(inference, arrival: arrival, deadline: arrival + dispatcher.policy.slo) { outcome.put($0) }
        )
        if dispatcher.placement == .caller { dispatcher.pump() }
        switch outcome.take() {
        case .served(let tensors): return service.answer(inference, .success(tensors))
        case .failed(let error): return InferenceService.failure(error)
        case .refused(let refusal): return InferenceService.refused(refusal)
        }
    }
}
