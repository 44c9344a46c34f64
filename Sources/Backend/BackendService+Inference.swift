import Batching
import NIOCore
import Serving
import Wire

/// Inference requests: read, refused early, decoded, batched, answered.
extension BackendService {
    func infer(_ exchange: Exchange, _ request: HTTPRequest) {
        let allowed: Duration?
        do throws(InvalidDeadline) { allowed = try Self.allowed(request) } catch {
            exchange.respond(HTTPServer.failure(400, error.description))
            return
        }
        var dispatcher: Dispatcher?
        let step = service.begin(request) { model in
            if isDraining { return InferenceService.refused(Refusal(.draining)) }
            do throws(ServingError) {
                let found = try dispatchers.worker(for: model)
                dispatcher = found
                // What is kept is answered however much waits, and which request that is only its body says.
                guard model.predictions == nil else { return nil }
                return found.glance(
                    arrival: exchange.arrival,
                    deadline: exchange.arrival + (allowed ?? found.policy.slo)
                ).map(InferenceService.refused)
            } catch {
                return InferenceService.failure(error)
            }
        }
        switch step {
        case .answer(let response): exchange.respond(response)
        case .inference(let inference):
            guard let dispatcher else { return }
            submit(exchange, inference, to: dispatcher, allowed)
        case .pictures(let encoded):
            guard let dispatcher else { return }
            decode(exchange, encoded, for: dispatcher, allowed)
        }
    }

    /// Decodes away from the loop, which other requests need.
    private func decode(
        _ exchange: Exchange,
        _ encoded: EncodedInference,
        for dispatcher: Dispatcher,
        _ allowed: Duration?
    ) {
        let policy = dispatcher.policy
        let deadline = exchange.arrival + (allowed ?? policy.slo)
        let ticket = decoding.submit(encoded, latest: deadline - policy.margin - policy.profile[1]) {
            [self] outcome in
            switch outcome {
            case .decoded(let inference): submit(exchange, inference, to: dispatcher, allowed)
            case .failed(let error): exchange.respond(InferenceService.failure(error))
            case .refused(let refusal): exchange.respond(InferenceService.refused(refusal))
            }
        }
        exchange.onDisconnect { ticket.cancel() }
    }

    /// Hands a request to the batcher, on any thread.
    private func submit(
        _ exchange: Exchange,
        _ inference: PreparedInference,
        to dispatcher: Dispatcher,
        _ allowed: Duration?
    ) {
        let service = service
        let job = Dispatcher.Job(
            inference,
            arrival: exchange.arrival,
            deadline: exchange.arrival + (allowed ?? dispatcher.policy.slo)
        ) { outcome in
            // Written where it is sent: executors have better things to do.
            Self.onLoop(exchange) { exchange.respond(Self.response(outcome, inference, service)) }
        }
        let id = dispatcher.submitUnlessKnown(job)
        Self.onLoop(exchange) { [pumps] in
            if let id { exchange.onDisconnect { dispatcher.cancel(id) } }
            if dispatcher.placement == .caller { pumps.schedule(dispatcher, on: exchange.loop) }
        }
    }

    private static func onLoop(_ exchange: Exchange, _ body: @escaping @Sendable () -> Void) {
        if exchange.loop.inEventLoop { body() } else { exchange.loop.execute(body) }
    }

    private static func response(
        _ outcome: Dispatcher.Outcome,
        _ inference: PreparedInference,
        _ service: InferenceService
    ) -> HTTPResponse {
        switch outcome {
        case .served(let tensors): service.answer(inference, .success(tensors))
        case .failed(let error): InferenceService.failure(error)
        case .refused(let refusal): InferenceService.refused(refusal)
        }
    }

    /// The time that the caller grants.
    static func allowed(_ request: HTTPRequest) throws(InvalidDeadline) -> Duration? {
        guard let text = request.headers[deadlineHeader] else { return nil }
        guard let milliseconds = Double(text), milliseconds > 0, milliseconds <= 86_400_000 else {
            throw InvalidDeadline(text: text)
        }
        return .milliseconds(milliseconds)
    }
}

/// A deadline that is no time.
struct InvalidDeadline: Error, Equatable, CustomStringConvertible {
    let text: String
    var description: String {
        "\(BackendService.deadlineHeader) is '\(text)'; expected milliseconds above 0, up to a day"
    }
}
