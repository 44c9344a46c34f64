import Wire

/// Requests that come without HTTP, as from a queue.
extension InferenceService {
    /// Answers a request that came without HTTP, as JSON alone; without a name the repository's only model is meant.
    package func infer(
        _ body: ArraySlice<UInt8>,
        model name: String?,
        version: String?
    ) throws(ServingError) -> [UInt8] {
        let repository = try repository()
        let name = if let name { name } else { try repository.onlyModelName() }
        let choice = try repository.choice(name, version: version)
        var step = try prepare(RequestBody(json: body), choice.model, nil)
        if let other = choice.other(id: step.requestID, ticket: repository.nextTicket) {
            step = try prepare(RequestBody(json: body), other, nil)
        }
        let inference: PreparedInference
        switch step {
        case .inference(let prepared): inference = prepared
        case .pictures(let encoded): inference = try encoded.decoded(by: decoder)
        case .answer: preconditionFailure("preparing answers nothing")
        }
        let (json, binary) = try encode(inference, try run(inference).get())
        guard binary.isEmpty else {
            throw .badRequest("binary outputs need HTTP, which can carry them; leave binary_data out")
        }
        return json
    }
}
