import ONNX
import Serving
import TestKit
import Testing
import Wire

@Suite struct `The inference service` {
    private let service: InferenceService

    init() throws {
        let repository = try Fixtures.repository()
        service = InferenceService { () throws(ServingError) in repository }
    }

    private func call(
        _ method: String,
        _ path: String,
        _ body: JSON? = nil,
        headers: [HTTPHeaders.Field] = []
    ) -> (status: Int, json: JSON?) {
        let response = service.respond(
            to: HTTPRequest(
                method: method,
                path: path,
                headers: HTTPHeaders(headers),
                body: (body?.encoded() ?? [])[...]
            )
        )
        return (response.status, try? JSON(parsing: response.body))
    }

    private func sums(_ extra: [JSON.Member] = [], shape: JSON = [1, 3], data: JSON = [1, 2, 3]) -> JSON {
        let inputs = ["a", "b"].map { name -> JSON in
            ["name": .string(name), "datatype": "FP32", "shape": shape, "data": data]
        }
        return .object([.init("inputs", .array(inputs))] + extra)
    }

    // MARK: Describing

    @Test func `is live and ready`() {
        #expect(call("GET", "/v2/health/live").status == 200)
        #expect(call("GET", "/v2/health/ready").status == 200)
        #expect(call("GET", "/v2/models/sums/ready").status == 200)
        #expect(call("GET", "/v2/models/sums/versions/2/ready").status == 200)
    }

    @Test func `describes itself and its models`() {
        #expect(call("GET", "/v2").json?["name"] == "mark")
        #expect(
            call("GET", "/v2/models/lookup/").json == [
                "name": "lookup", "versions": ["1"], "platform": "onnxruntime_onnx",
                "inputs": [["name": "tokens", "datatype": "INT64", "shape": [-1, -1]]],
                "outputs": [["name": "vectors", "datatype": "FP32", "shape": [-1, -1, 2]]],
            ]
        )
        #expect(call("GET", "/v2/models/sums").json?["versions"] == ["1", "2", "10"])
        let index = call("POST", "/v2/repository/index").json?.arrayValue ?? []
        #expect(index.contains(["name": "sums", "version": "10", "state": "READY", "reason": ""]))
    }

    // MARK: Inference

    @Test func `answers with the highest version, counted as a number`() {
        let answer = call("POST", "/v2/models/sums/infer", sums([.init("id", "42")]))
        #expect(
            answer.json == [
                "model_name": "sums", "model_version": "10", "id": "42",
                "outputs": [
                    ["name": "sum", "datatype": "FP32", "shape": [1, 3], "data": [20.0, 40.0, 60.0]],
                    ["name": "difference", "datatype": "FP32", "shape": [1, 3], "data": [0.0, 0.0, 0.0]],
                ],
            ]
        )
    }

    @Test func `answers with the version that is named`() {
        let answer = call("POST", "/v2/models/sums/versions/2/infer", sums())
        #expect(answer.json?["outputs"]?[0]?["data"] == [4.0, 8.0, 12.0])
    }

    @Test func `takes nested data and data that comes before its shape`() {
        let body: JSON = [
            "inputs": [
                ["name": "a", "datatype": "FP32", "shape": [2, 3], "data": [[1, 2, 3], [4, 5, 6]]],
                ["data": [1, 1, 1, 1, 1, 1], "shape": [2, 3], "datatype": "FP32", "name": "b"],
            ]
        ]
        let answer = call("POST", "/v2/models/sums/versions/1/infer", body)
        #expect(answer.json?["outputs"]?[0]?["data"] == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    }

    @Test func `gives the outputs that are asked for, in that order`() {
        let outputs: JSON = [["name": "difference"], ["name": "sum"]]
        let answer = call("POST", "/v2/models/sums/infer", sums([.init("outputs", outputs)]))
        #expect(answer.json?["outputs"]?.arrayValue?.map { $0["name"] } == ["difference", "sum"])
    }

    @Test func `names the best classes with their labels`() {
        let outputs: JSON = [["name": "sum", "parameters": ["classification": 2]]]
        let answer = call(
            "POST",
            "/v2/models/sums/versions/1/infer",
            sums([.init("outputs", outputs)], shape: [2, 3], data: [1, 2, 3, 5, 5, 4])
        )
        #expect(
            answer.json?["outputs"]?[0] == [
                "name": "sum", "datatype": "BYTES", "shape": [2, 2],
                "data": ["6.0:2:high", "4.0:1:middle", "10.0:0:low", "10.0:1:middle"],
            ]
        )
    }

    @Test func `takes and gives binary tensors`() throws {
        let json: JSON = [
            "parameters": ["binary_data_output": true],
            "inputs": [
                ["name": "a", "datatype": "FP32", "shape": [1, 3], "parameters": ["binary_data_size": 12]],
                ["name": "b", "datatype": "FP32", "shape": [1, 3], "data": [1, 1, 1]],
            ],
            "outputs": [["name": "sum"], ["name": "difference", "parameters": ["binary_data": false]]],
        ]
        let header = json.encoded()
        let a = Tensor(.fp32, shape: [1, 3], numbers: [1, 2, 3] as [Float])
        guard case .raw(let raw) = a.elements else { return }
        let response = service.respond(
            to: HTTPRequest(
                method: "POST",
                path: "/v2/models/sums/versions/1/infer",
                headers: HTTPHeaders([.init("Inference-Header-Content-Length", "\(header.count)")]),
                body: (header + raw)[...]
            )
        )
        let length = try #require(response.headers["inference-header-content-length"].flatMap(Int.init))
        let answer = try JSON(parsing: Array(response.body.prefix(length)))
        #expect(answer["outputs"]?[0]?["parameters"]?["binary_data_size"] == 12)
        #expect(answer["outputs"]?[1]?["data"] == [0.0, 1.0, 2.0])
        let sum = Tensor(.fp32, shape: [1, 3], .raw(response.body.dropFirst(length)))
        #expect(sum.numbers(as: Float.self) == [2, 3, 4])
    }

    @Test func `takes compressed bodies and compresses large answers for those who accept it`() throws {
        let body = sums(shape: [200, 3], data: .array([JSON](repeating: 1, count: 600)))
        let response = service.respond(
            to: HTTPRequest(
                method: "POST",
                path: "/v2/models/sums/infer",
                headers: HTTPHeaders([
                    .init("content-encoding", "deflate"), .init("accept-encoding", "br, gzip"),
                ]),
                body: try #require(ContentCoding.deflate.deflate(body.encoded()))[...]
            )
        )
        #expect(response.status == 200)
        #expect(response.headers["content-encoding"] == "gzip")
        let inflated = try ContentCoding.gzip.inflate(response.body[...], limit: 1 << 20)
        #expect(try JSON(parsing: inflated)["outputs"]?[0]?["shape"] == [200, 3])
    }
}
