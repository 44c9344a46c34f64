import Batching
import NIOCore
import Serving
import Wire

/// Requests for texts: read, admitted by their steps, sent while they are made.
extension BackendService {
    func generate(_ exchange: Exchange) {
        let request = exchange.request
        let isOpenAI = GenerationService.isOpenAI(request.path)
        let allowed: Duration?
        do throws(InvalidDeadline) { allowed = try Self.allowed(request) } catch {
            exchange.respond(GenerationService.failure(.badRequest(error.description), isOpenAI: isOpenAI))
            return
        }
        if isDraining, request.method == "POST" {
            exchange.respond(GenerationService.refused(Refusal(.draining), isOpenAI: isOpenAI))
            return
        }
        switch texts.begin(request) {
        case .answer(let response): exchange.respond(response)
        case .generate(let call):
            if let generator = generators.existing(for: call.model) {
                return generate(exchange, call, on: generator, allowed)
            }
            // Making one measures, for which the loop has no time.
            ControlThread.run { [self] in
                let made = Result { () throws(ServingError) in try generators.worker(for: call.model) }
                exchange.loop.execute { [self] in
                    switch made {
                    case .success(let generator): generate(exchange, call, on: generator, allowed)
                    case .failure(let error):
                        exchange.respond(GenerationService.failure(error, isOpenAI: isOpenAI))
                    }
                }
            }
        }
    }

    private func generate(
        _ exchange: Exchange,
        _ call: GenerationCall,
        on generator: Generator,
        _ allowed: Duration?
    ) {
        let sink = GenerationRun.Sink(
            respond: { exchange.respond($0) },
            begin: { exchange.begin($0) },
            write: { exchange.send($0) },
            end: { exchange.end() }
        )
        do throws(ServingError) {
            let run = try GenerationRun(call, on: generator, to: sink)
            run.start(
                arrival: exchange.arrival,
                deadline: exchange.arrival + (allowed ?? generator.policy.slo)
            )
            exchange.onDisconnectOrEnd { run.cancel() }
        } catch {
            let isOpenAI = GenerationService.isOpenAI(exchange.request.path)
            exchange.respond(GenerationService.failure(error, isOpenAI: isOpenAI))
        }
    }
}
