import CURL
import Wire

/// A server of the Open Inference Protocol, wherever it is.
struct Endpoint {
    private let client: CURLClient
    private let base: String
    private let timeout: Duration
    private let headers: [(name: String, value: String)]

    /// - Parameter headers: sent with every request.
    init(url: String, timeout: Duration, headers: [(name: String, value: String)] = []) throws {
        client = try CURLClient()
        base = url.last == "/" ? String(url.dropLast()) : url
        self.timeout = timeout
        self.headers = headers
    }

    func get(_ path: String) async throws -> JSON {
        try await answer(CURLRequest(url: base + path, headers: headers, timeout: timeout), path)
    }

    func post(_ path: String, _ call: InferenceCall.Request) async throws -> JSON {
        var headers = [(name: "Content-Type", value: "application/json")]
        if !call.binary.isEmpty {
            headers = [
                (name: "Content-Type", value: "application/octet-stream"),
                (name: "Inference-Header-Content-Length", value: String(call.json.count)),
            ]
        }
        let request = CURLRequest(
            method: "POST",
            url: base + path,
            headers: self.headers + headers,
            body: call.json + call.binary,
            timeout: timeout
        )
        return try await answer(request, path)
    }

    private func answer(_ request: CURLRequest, _ path: String) async throws -> JSON {
        let response = try await client.send(request)
        let json = try? JSON(parsing: response.body)
        guard response.status == 200 else {
            let text = json?["error"]?.stringValue ?? json?["message"]?.stringValue
            throw CommandFailure(
                "\(base)\(path) answered \(response.status): "
                    + (text ?? String(decoding: response.body.prefix(300), as: UTF8.self))
            )
        }
        guard let json else {
            throw CommandFailure("\(base)\(path) answered no JSON; is it an inference endpoint?")
        }
        return json
    }

    /// A name as a path segment.
    static func escaped(_ name: String) -> String {
        name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
