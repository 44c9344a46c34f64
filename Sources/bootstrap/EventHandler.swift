import Control
import LambdaRuntime
import Serving
import Wire

/// Answers every kind of event that the inference role knows.
struct EventHandler: Sendable {
    let service: InferenceService
    /// For environments that work on several invocations at once; nil for others.
    let batched: BatchedInference?
    let texts: TextInference
    /// Whether the function's URL takes answers while they are made (its invoke mode is RESPONSE_STREAM).
    let streams: Bool
    /// Where one function has all roles; nil for one that only serves inference.
    let controller: ControllerRole?
    let warmUps: WarmUps

    func handle(_ invocation: Invocation, _ log: Log) -> Outcome {
        let event: Event
        do throws(InvalidEvent) {
            event = try Event(parsing: invocation.event)
        } catch {
            return .failure(FunctionError("Function.InvalidEvent", error.description))
        }
        switch event {
        case .http(let event): return answer(event, invocation)
        case .inference(let request): return infer(request)
        case .queue(let messages): return .response(process(messages, log))
        case .schedule(let event):
            return controller?.run(.tick(at: ControllerRole.time(event.time)), invocation, log)
                ?? Self.inVain("the schedule \(event.resource) ticks")
        case .instance(let event):
            return controller?.run(.instance(event, at: ControllerRole.time(event.time)), invocation, log)
                ?? Self.inVain("the event of \(event.instance) reaches")
        case .warmUp(let warmUp):
            // The wait is for the models as well: a warm environment is one that can answer at once.
            return warmUps.answer(warmUp, invocation) { _ = try? service.repository() }
        }
    }

    private static func inVain(_ what: String) -> Outcome {
        .failure(
            FunctionError(
                "Function.NoController",
                "no controller configured: this function only serves inference, and \(what) it in vain; "
                    + "set MARK_TABLE and what goes with it, or let another function have it"
            )
        )
    }

    private func answer(_ event: HTTPEvent, _ invocation: Invocation) -> Outcome {
        let response: HTTPResponse
        switch event.request {
        case .failure(let error): response = InferenceService.failure(.badRequest(error.description))
        case .success(let request):
            let isText = GenerationService.handles(request.path)
            if streams, Self.isFunctionURL(request) {
                return isText
                    ? texts.stream(request, invocation) : TextInference.stream(respond(to: request))
            }
            response = isText ? texts.respond(to: request, invocation) : respond(to: request)
        }
        return .response(event.encode(response.served(by: "lambda")))
    }

    private func respond(to request: HTTPRequest) -> HTTPResponse {
        batched?.respond(to: request) ?? service.respond(to: request)
    }

    /// Function URLs send the same events as HTTP APIs, from hosts of their own.
    private static func isFunctionURL(_ request: HTTPRequest) -> Bool {
        request.headers["host"]?.contains(".lambda-url.") ?? false
    }

    private func infer(_ request: Event.DirectInference) -> Outcome {
        do throws(ServingError) {
            return .response(
                try service.infer(request.body, model: request.model, version: request.version)
            )
        } catch {
            let isCallers = (400...499).contains(error.status)
            return .failure(
                FunctionError(
                    isCallers ? "Function.InvalidRequest" : "Function.Unavailable",
                    error.description
                )
            )
        }
    }

    /// Serves each message by itself; those that fail go back to the queue, and with them only those.
    private func process(_ messages: [Event.QueueMessage], _ log: Log) -> [UInt8] {
        var failures: [JSON] = []
        for message in messages {
            do throws(ServingError) {
                let answer = try infer(message)
                log.info(
                    "message served",
                    [
                        .init("messageId", .string(message.id)),
                        .init("answerBytes", .integer(Int64(answer.count))),
                    ]
                )
            } catch {
                log.error("message failed: \(error)", [.init("messageId", .string(message.id))])
                failures.append(["itemIdentifier": .string(message.id)])
            }
        }
        return JSON.object([.init("batchItemFailures", .array(failures))]).encoded()
    }

    private func infer(_ message: Event.QueueMessage) throws(ServingError) -> [UInt8] {
        let event: Event
        do throws(InvalidEvent) { event = try Event(parsing: message.body) } catch {
            throw .badRequest(error.description)
        }
        guard case .inference(let request) = event else {
            throw .badRequest("a message must be an Open Inference Protocol request with \"model_name\"")
        }
        return try service.infer(request.body, model: request.model, version: request.version)
    }
}
