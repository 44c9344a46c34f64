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

    /// Posts JSON whose answer comes as server-sent events.
    ///
    /// - Parameter event: called with each event's data as it comes, on the client's thread.
    func stream(_ path: String, _ json: JSON, event: @escaping @Sendable (JSON) -> Void) async throws {
        let events = EventStream()
        var request = CURLRequest(
            method: "POST",
            url: base + path,
            headers: headers + [
                (name: "Content-Type", value: "application/json"),
                (name: "Accept", value: "text/event-stream"),
            ],
            body: json.encoded(),
            timeout: timeout
        )
        request.onBody = { bytes in for data in events.append(bytes) { event(data) } }
        let response = try await client.send(request)
        guard response.status == 200 else { throw failure(response, path) }
    }

    private func answer(_ request: CURLRequest, _ path: String) async throws -> JSON {
        let response = try await client.send(request)
        let json = try? JSON(parsing: response.body)
        guard response.status == 200 else { throw failure(response, path) }
        guard let json else {
            throw CommandFailure("\(base)\(path) answered no JSON; is it an inference endpoint?")
        }
        return json
    }

    private func failure(_ response: CURLResponse, _ path: String) -> CommandFailure {
        let json = try? JSON(parsing: response.body)
        let text = json?["error"]?.stringValue ?? json?["message"]?.stringValue
        return CommandFailure(
            "\(base)\(path) answered \(response.status): "
                + (text ?? String(decoding: response.body.prefix(300), as: UTF8.self))
        )
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
