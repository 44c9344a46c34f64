import Glibc
import ONNX
import Serving
import Wire

/// One call of the engine, and what the protocol around it costs.
struct EngineBenchmark {
    private static let calls = 20_000

    func run(_ report: inout Report) throws {
        Report.progress("engine calls")
        let explicit = getenv("MARK_ONNXRUNTIME").map { String(cString: $0) }
        let runtime = try ONNXRuntime(
            paths: ONNXRuntime.searchPaths(explicit: explicit, folders: [Program.folder])
        )
        let models = getenv("MARK_MODELS").map { String(cString: $0) } ?? "template/models"
        let repository = try ModelRepository(folder: models, options: SessionOptions(), runtime: runtime)
        let session = try repository.model("digits", version: nil).session()
        let input = Tensor(.fp32, shape: [1, 64], numbers: (0..<64).map { Float($0 % 17) })
        let clock = ContinuousClock()
        var calls: [Duration] = []
        for _ in 0..<Self.calls {
            let start = clock.now
            _ = try session.run([input], outputs: [0])
            calls.append(clock.now - start)
        }
        report.add("engine: one digits call", calls)

        let service = InferenceService { () throws(ServingError) in repository }
        let body = Array(
            "{\"inputs\":[{\"name\":\"pixels\",\"datatype\":\"FP32\",\"shape\":[1,64],\"data\":[\((0..<64).map { String($0 % 17) }.joined(separator: ","))]}]}"
                .utf8
        )
        let request = HTTPRequest(method: "POST", path: "/v2/models/digits/infer", body: body[...])
        var answers: [Duration] = []
        for _ in 0..<Self.calls {
            let start = clock.now
            guard service.respond(to: request).status == 200 else {
                throw BenchmarkFailure("digits did not answer")
            }
            answers.append(clock.now - start)
        }
        report.add("the same through the protocol, as JSON", answers, floor: calls)
    }
}
