package import ONNX

/// Runs several requests at once: their rows one after the other along the first axis of every input.
struct BatchRun {
    let session: Session

    /// Runs requests.
    ///
    /// Those whose other axes differ, as texts of several lengths, run one group after the other.
    /// - Returns: for each request the outputs that it asked for, in its order.
    func run(_ requests: [InferenceRequest]) throws(ServingError) -> [[Tensor]] {
        guard requests.count > 1 else {
            return try requests.map { request throws(ServingError) in try alone(request) }
        }
        var results = [[Tensor]](repeating: [], count: requests.count)
        var waiting = Array(requests.indices)
        while let first = waiting.first {
            let group = waiting.filter { Self.fit(requests[$0], requests[first]) }
            waiting.removeAll { group.contains($0) }
            let tensors = try together(group.map { requests[$0] })
            for (index, tensors) in zip(group, tensors) { results[index] = tensors }
        }
        return results
    }

    private static func fit(_ one: InferenceRequest, _ other: InferenceRequest) -> Bool {
        zip(one.inputs, other.inputs).allSatisfy { $0.shape.dropFirst() == $1.shape.dropFirst() }
    }

    private func alone(_ request: InferenceRequest) throws(ServingError) -> [Tensor] {
        try run(request.inputs, outputs: request.outputs.map(\.index))
    }

    private func run(_ inputs: [Tensor], outputs: [Int]) throws(ServingError) -> [Tensor] {
        do throws(ONNXError) {
            return try session.run(inputs, outputs: outputs)
        } catch {
            throw ServingError(running: error)
        }
    }

    private func together(_ requests: [InferenceRequest]) throws(ServingError) -> [[Tensor]] {
        guard requests.count > 1 else { return [try alone(requests[0])] }
        let inputs = session.inputs.indices.map { index in Tensor(joining: requests.map { $0.inputs[index] })
        }
        let wanted = Set(requests.flatMap { $0.outputs.map(\.index) }).sorted()
        let tensors = try run(inputs, outputs: wanted)
        let total = inputs.first?.shape.first ?? 0
        for (index, tensor) in zip(wanted, tensors) where tensor.shape.first != total {
            throw ServingError(
                status: 500,
                "output '\(session.outputs[index].name)' has shape \(tensor.shape) for a batch of \(total) rows, so requests cannot "
                    + "share a batch; set \"batching\": {\"enabled\": false} in the model's config.json"
            )
        }
        var row = 0
        return requests.map { request in
            let rows = row..<(row + (request.inputs.first?.shape.first ?? 0))
            row = rows.upperBound
            return request.outputs.map { output in
                let place = wanted.firstIndex(of: output.index) ?? 0
                return tensors[place].rows(rows)
            }
        }
    }
}

extension Dispatcher {
    /// Runs requests for one model as one batch; what a dispatcher's `run` is in production.
    package static func runTogether(_ inferences: [PreparedInference]) throws(ServingError) -> [[Tensor]] {
        guard let session = inferences.first?.session else { return [] }
        return try BatchRun(session: session).run(inferences.map(\.request))
    }
}
