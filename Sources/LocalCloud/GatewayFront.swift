import HTTPTypes
import Hummingbird
import LambdaRuntime
import NIOCore
import Wire

/// The HTTP front of a local function: API Gateway's `$default` route, and Lambda's own Invoke call for any other event.
struct GatewayFront: Sendable {
    let function: LocalFunction
    let functionName: String
    let now: @Sendable () -> Duration
    let wallClock: @Sendable () -> WallClock
    let log: @Sendable (String) -> Void

    /// API Gateway's own limit of a payload.
    private static let payloadMax = 10 * 1024 * 1024
    /// Lambda's limit of an event.
    private static let eventMax = 6 * 1024 * 1024

    func respond(_ request: Request, sourceIP: String) async throws -> Response {
        let start = now()
        let body: [UInt8]
        do {
            body = [UInt8](buffer: try await request.body.collect(upTo: Self.payloadMax))
        } catch is NIOTooManyBytesError {
            return response(.failure(413, "Request Too Long"), isHead: false)
        }
        if let name = invokedFunction(request.uri.path), request.method == .post {
            return await invoke(name, request, body, start)
        }
        let event = GatewayEvent(
            request: request.head,
            path: request.uri.path,
            query: request.uri.query ?? "",
            body: body,
            sourceIP: sourceIP,
            requestID: "\(UInt64.random(in: .min ... .max))",
            now: wallClock()
        ).encoded()
        guard event.count <= Self.eventMax else {
            let message =
                "the event has \(event.count) bytes, Lambda takes \(Self.eventMax); send smaller batches"
            return response(.failure(413, message), isHead: request.method == .head)
        }
        let result = await function.invoke(event)
        let answer = answer(result)
        report(
            "\(request.method.rawValue) \(request.uri.path)",
            answer.status,
            result,
            start,
            answer.body.count
        )
        return response(answer, isHead: request.method == .head)
    }

    // MARK: API Gateway

    /// What API Gateway makes of a result: a failing function is a 502 without details, too few environments a 503.
    private func answer(_ result: InvocationResult) -> GatewayAnswer {
        switch result.outcome {
        case .answer(let body, let isHTTPStream):
            isHTTPStream ? GatewayAnswer(streamed: body) : GatewayAnswer(body)
        case .functionError: .failure(502, "Internal Server Error")
        case .failed(.throttled, _): .failure(503, "Service Unavailable")
        case .failed: .failure(502, "Internal Server Error")
        }
    }

    private func response(_ answer: GatewayAnswer, isHead: Bool) -> Response {
        var headers = HTTPFields()
        for (name, value) in answer.headers {
            guard let name = HTTPField.Name(name), name != .contentLength, name != .transferEncoding else {
                continue
            }
            headers.append(HTTPField(name: name, value: value))
        }
        return Response(
            status: .init(code: answer.status),
            headers: headers,
            body: isHead ? .init() : .init(byteBuffer: ByteBuffer(bytes: answer.body))
        )
    }

    // MARK: Lambda's Invoke

    private func invokedFunction(_ path: String) -> String? {
        let parts = path.split(separator: "/")
        guard parts.count == 4, parts[0] == "2015-03-31", parts[1] == "functions", parts[3] == "invocations"
        else {
            return nil
        }
        return String(parts[2])
    }

    private func invoke(_ name: String, _ request: Request, _ body: [UInt8], _ start: Duration) async
        -> Response
    {
        guard name == functionName || name.hasSuffix(":function:\(functionName)") else {
            let message = "Function not found: \(name); this one is named \(functionName)"
            return response(.failure(404, message), isHead: false)
        }
        switch Self.header(request, "x-amz-invocation-type") {
        case "DryRun": return Response(status: .noContent)
        case "Event":
            // Only this is asynchronous for the caller; the function runs to its end in the task of the request.
            let result = await function.invoke(body.isEmpty ? Array("{}".utf8) : body)
            report("Invoke \(name) (event)", 202, result, start, 0)
            return Response(status: .accepted)
        default: break
        }
        let result = await function.invoke(body.isEmpty ? Array("{}".utf8) : body)
        var headers: HTTPFields = [.contentType: "application/json"]
        func set(_ name: String, _ value: String) {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        set("X-Amz-Executed-Version", "$LATEST")
        let payload: [UInt8]
        switch result.outcome {
        case .answer(let body, _): payload = body
        case .functionError(let body):
            payload = body
            set("X-Amz-Function-Error", "Unhandled")
        case .failed(.throttled, let reason):
            report("Invoke \(name)", 429, result, start, 0)
            return response(.failure(429, "Rate Exceeded: \(reason)"), isHead: false)
        case .failed(_, let reason):
            payload = JSON.object([.init("errorMessage", .string(reason))]).encoded()
            set("X-Amz-Function-Error", "Unhandled")
        }
        report("Invoke \(name)", 200, result, start, payload.count)
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: payload)))
    }

    private static func header(_ request: Request, _ name: String) -> String? {
        HTTPField.Name(name).flatMap { request.headers[$0] }
    }

    // MARK: Log

    /// One line a request.
    private func report(
        _ what: String,
        _ status: Int,
        _ result: InvocationResult,
        _ start: Duration,
        _ bytes: Int
    ) {
        var line = "\(what) \(status) \(Self.milliseconds(now() - start)) ms, \(bytes) B"
        if let environment = result.environment {
            line += ", \(result.isCold ? "cold" : "warm") [\(environment)]"
            line += ", billed \(Self.billed(result.duration)) ms"
        }
        switch result.outcome {
        case .answer: break
        case .functionError(let body):
            line += " error: \(String(decoding: body.prefix(500), as: UTF8.self))"
        case .failed(_, let reason): line += " error: \(reason)"
        }
        log(line)
    }

    private static func microseconds(_ time: Duration) -> Int64 {
        time.components.seconds * 1_000_000 + time.components.attoseconds / 1_000_000_000_000
    }

    private static func milliseconds(_ time: Duration) -> String {
        let microseconds = microseconds(time)
        return "\(microseconds / 1000).\(microseconds / 100 % 10)"
    }

    /// Lambda bills each millisecond that was begun.
    private static func billed(_ time: Duration) -> Int64 { max(1, (microseconds(time) + 999) / 1000) }
}
