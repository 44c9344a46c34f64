import ONNX
import Serving
import Wire

/// One call of the engine, and what the protocol around it costs.
struct EngineBenchmark {
    private static let calls = 20_000

    func run(_ report: inout Report) throws {
        Report.progress("engine calls")
        let repository = try Program.repository()
        let calls = try engineCalls(repository)
        report.add("engine: one digits call", calls)
        report.add("the same through the protocol, as JSON", try protocolCalls(repository), floor: calls)
    }

    private func engineCalls(_ repository: ModelRepository) throws -> [Duration] {
        let session = try repository.model("digits", version: nil).session()
        let input = Tensor(.fp32, shape: [1, 64], numbers: (0..<64).map { Float($0 % 17) })
        return try measure { _ = try session.run([input], outputs: [0]) }
    }

    private func protocolCalls(_ repository: ModelRepository) throws -> [Duration] {
        let service = InferenceService { () throws(ServingError) in repository }
        let data = JSON.array((0..<64).map { .integer(Int64($0 % 17)) })
        let input: JSON = ["name": "pixels", "datatype": "FP32", "shape": [1, 64], "data": data]
        let body = JSON.object([.init("inputs", [input])]).encoded()
        let request = HTTPRequest(method: "POST", path: "/v2/models/digits/infer", body: body[...])
        return try measure {
            guard service.respond(to: request).status == 200 else {
                throw BenchmarkFailure("digits did not answer")
            }
        }
    }

    private func measure(_ call: () throws -> Void) rethrows -> [Duration] {
        let clock = ContinuousClock()
        return try (0..<Self.calls).map { _ in
            let start = clock.now
            try call()
            return clock.now - start
        }
    }
}
