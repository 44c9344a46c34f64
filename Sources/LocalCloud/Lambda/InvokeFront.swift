import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// Lambda's Invoke call, as SDKs and the AWS CLI send it to an endpoint of their own.
///
/// Source: AWS, Lambda API reference, "Invoke". Signatures are another's matter.
struct InvokeFront: Sendable {
    let function: LocalFunction
    let functionName: String
    let now: @Sendable () -> Duration
    let log: @Sendable (String) -> Void

    /// Lambda's limit of an asynchronous event, in bytes.
    private static let asynchronousMax = 1 << 20
    private static let contextMax = 3583

    /// The function that a request invokes; nil when it is no such call.
    static func functionName(in request: Request) -> String? {
        let parts = request.uri.path.split(separator: "/")
        guard request.method == .post, parts.count == 4, parts[0] == "2015-03-31", parts[1] == "functions",
            parts[3] == "invocations"
        else { return nil }
        return QueryText.decoded(parts[2], plusIsSpace: false)
    }

    func respond(_ request: Request, to name: String, _ body: [UInt8], _ start: Duration) async -> Response {
        guard isThisFunction(name) else {
            let message = "Function not found: \(name); this one is named \(functionName)"
            return failure(404, "ResourceNotFoundException", message)
        }
        let event = body.isEmpty ? Array("{}".utf8) : body
        guard (try? JSON(parsing: event)) != nil else {
            return failure(400, "InvalidRequestContentException", "Could not parse request body into json")
        }
        let type = Self.header(request, "x-amz-invocation-type") ?? "RequestResponse"
        let limit = type == "Event" ? Self.asynchronousMax : GatewayFront.eventMax
        guard event.count <= limit else {
            return failure(
                413,
                "RequestEntityTooLargeException",
                "\(event.count) byte payload is too large; Lambda takes \(limit)"
            )
        }
        var invocation = Invocation(event, traceID: Self.header(request, "x-amzn-trace-id"))
        if let context = Self.header(request, "x-amz-client-context")?.prefix(Self.contextMax) {
            invocation.clientContext = (try? Base64.decode(Array(context.utf8))).flatMap {
                String(validating: $0, as: UTF8.self)
            }
        }
        switch type {
        case "RequestResponse": return response(await function.invoke(invocation), start)
        case "Event":
            await function.submit(invocation, mayWait: true) { report(202, 0, $0, start) }
            return Response(status: .accepted)
        case "DryRun": return Response(status: .noContent)
        default:
            return failure(400, "InvalidParameterValueException", "X-Amz-Invocation-Type is \(type)")
        }
    }

    /// By name, with a qualifier or as an ARN.
    private func isThisFunction(_ name: String) -> Bool {
        let parts = name.split(separator: ":")
        if parts.first == "arn" { return parts.count >= 7 && parts[6] == functionName }
        return parts.first.map { $0 == functionName } ?? false
    }

    private func response(_ result: InvocationResult, _ start: Duration) -> Response {
        switch result.outcome {
        case .failed(.throttled, let reason):
            report(429, 0, result, start)
            return failure(429, "TooManyRequestsException", reason)
        case .answer(let payload, _): return response(payload, isError: false, result, start)
        case .functionError(let payload): return response(payload, isError: true, result, start)
        case .failed(let failure, let reason):
            let payload: JSON = ["errorType": .string(failure.errorType), "errorMessage": .string(reason)]
            return response(payload.encoded(), isError: true, result, start)
        }
    }

    private func response(
        _ payload: [UInt8],
        isError: Bool,
        _ result: InvocationResult,
        _ start: Duration
    ) -> Response {
        report(200, payload.count, result, start)
        var headers: HTTPFields = [.contentType: "application/json"]
        Self.set("X-Amz-Executed-Version", "$LATEST", in: &headers)
        if isError { Self.set("X-Amz-Function-Error", "Unhandled", in: &headers) }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: payload)))
    }

    private func failure(_ status: Int, _ type: String, _ message: String) -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        Self.set("X-Amzn-ErrorType", type, in: &headers)
        let body: JSON = ["Type": "User", "Message": .string(message), "message": .string(message)]
        return Response(
            status: .init(code: status),
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: body.encoded()))
        )
    }

    private func report(_ status: Int, _ bytes: Int, _ result: InvocationResult, _ start: Duration) {
        let line = ReportLine(
            what: "Invoke \(functionName)",
            status: status,
            total: now() - start,
            bytes: bytes
        )
        log(line.text(result))
    }

    private static func header(_ request: Request, _ name: String) -> String? {
        HTTPField.Name(name).flatMap { request.headers[$0] }
    }

    private static func set(_ name: String, _ value: String, in headers: inout HTTPFields) {
        if let name = HTTPField.Name(name) { headers[name] = value }
    }
}
