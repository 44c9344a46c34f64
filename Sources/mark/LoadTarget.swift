import Load
import ONNX
import Serving
import Wire

/// The server that load is sent to, from its URL.
struct LoadTarget {
    let host: String
    let port: Int
    /// Path and query.
    let path: String
    /// As it stands in `Host`.
    let authority: String

    init(_ url: String) throws {
        guard url.hasPrefix("http://") else {
            throw CommandFailure(
                "'\(url)' does not start with http://; load is sent without TLS, so put it behind the proxy that ends it"
            )
        }
        let rest = url.dropFirst("http://".count)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = String(rest[..<end])
        let colon = authority.hasSuffix("]") ? nil : authority.lastIndex(of: ":")
        let name = colon.map { authority[..<$0] } ?? authority[...]
        let port = colon.map { Int(authority[authority.index(after: $0)...]) } ?? 80
        guard let port, (1...65_535).contains(port), !name.isEmpty else {
            throw CommandFailure("'\(url)' has no host and port; expected http://HOST:PORT")
        }
        self.authority = authority
        self.port = port
        host = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : String(name)
        path = end == rest.endIndex ? "/" : String(rest[end...])
    }
}

extension RequestOptions {
    func requests(_ target: LoadTarget) async throws -> [LoadRequest] {
        var headers = try self.headers.map { text in
            let parts = text.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, !text.utf8.contains(where: { $0 < 32 }) else {
                throw CommandFailure("--header \(text): expected NAME: VALUE")
            }
            return (name: String(parts[0]), value: String(parts[1].drop { $0 == " " }))
        }
        if let deadlineMs { headers.append((name: "x-mark-deadline-ms", value: String(deadlineMs))) }
        guard let model else { return try plain(target, headers) }
        return try await inferences(target, model, headers)
    }

    private func plain(_ target: LoadTarget, _ headers: [(name: String, value: String)]) throws
        -> [LoadRequest]
    {
        let contents = try bodies.map { try Files.bytes($0) }
        let method = self.method ?? (contents.isEmpty ? "GET" : "POST")
        return (contents.isEmpty ? [[]] : contents).map {
            LoadRequest(
                method: method,
                host: target.authority,
                target: target.path,
                headers: headers,
                body: $0
            )
        }
    }

    /// Requests with random tensors in binary, made from what the server says of the model.
    private func inferences(
        _ target: LoadTarget,
        _ model: String,
        _ headers: [(name: String, value: String)]
    ) async throws -> [LoadRequest] {
        let path = "/v2/models/\(Endpoint.escaped(model))"
        let endpoint = try Endpoint(
            url: "http://\(target.authority)",
            timeout: .seconds(10),
            headers: headers
        )
        let inputs = try InferenceCall.tensors(try await endpoint.get(path), "inputs")
        return try (0..<max(1, variants)).map { variant in
            var random = self.inputs.random
            random.seed = UInt64(variant)
            let call = BinaryInference(inputs: inputs, tensors: try random.tensors(inputs, rows: rows))
            let length = (name: "Inference-Header-Content-Length", value: String(call.json.count))
            return LoadRequest(
                host: target.authority,
                target: path + "/infer",
                headers: headers + [(name: "Content-Type", value: "application/octet-stream"), length],
                body: call.json + call.binary
            )
        }
    }
}

/// An inference request with binary tensors both ways.
struct BinaryInference {
    let json: [UInt8]
    let binary: [UInt8]

    init(inputs: [TensorSpecification], tensors: [Tensor]) {
        var binary: [UInt8] = []
        let list = zip(inputs, tensors).map { input, tensor -> JSON in
            let start = binary.count
            switch tensor.elements {
            case .raw(let bytes): binary += bytes
            case .strings(let strings):
                for string in strings {
                    withUnsafeBytes(of: UInt32(string.count).littleEndian) { binary += $0 }
                    binary += string
                }
            }
            return [
                "name": .string(input.name), "datatype": .string(input.type.rawValue),
                "shape": .array(tensor.shape.map { .integer(Int64($0)) }),
                "parameters": ["binary_data_size": .integer(Int64(binary.count - start))],
            ]
        }
        json = JSON.object([.init("inputs", .array(list)), .init("parameters", ["binary_data_output": true])])
            .encoded()
        self.binary = binary
    }
}
