import HTTPTypes
import Hummingbird
import LambdaRuntime
import NIOCore
import Wire

/// The HTTP front of a local function: API Gateway's `$default` route, and Lambda's own Invoke call for any
/// other event; of a whole stack, also the endpoint of AWS's services.
struct GatewayFront: Sendable {
    /// Where the route goes to now; nil when it goes nowhere.
    let target: @Sendable () async -> LocalFunction?
    /// The function that has a URL of its own.
    let functionURL: FunctionURLFront
    /// Only without a stack, whose endpoint checks signatures.
    let invoke: InvokeFront?
    let endpoint: AWSEndpoint?
    let now: @Sendable () -> Duration
    let wallClock: @Sendable () -> WallClock
    let log: @Sendable (String) -> Void

    /// API Gateway's own limit of a payload, in bytes.
    private static let payloadMax = 10 << 20
    /// Lambda's limit of an event, in bytes.
    static let eventMax = 6 << 20

    func respond(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let start = now()
        if endpoint != nil, Dashboard.isAsked(by: request) { return Dashboard.response }
        let body: [UInt8]
        do {
            body = [UInt8](buffer: try await request.body.collect(upTo: Self.payloadMax))
        } catch is NIOTooManyBytesError {
            let message = "Request Entity Too Large: API Gateway takes \(Self.payloadMax) bytes"
            return refuse(request, GatewayAnswer.failure(413, message))
        }
        if let answer = await endpoint?.respond(request, context, body, start) { return answer }
        if let invoke, let name = InvokeFront.functionName(in: request) {
            return await invoke.respond(request, to: name, body, start)
        }
        let traceID = Self.traceID(at: wallClock())
        let direct = FunctionURLFront.path(of: request)
        let event = event(request, body, context.sourceIP, traceID, direct)
        guard event.count <= Self.eventMax else {
            let message =
                "the event has \(event.count) bytes, Lambda takes \(Self.eventMax); send smaller batches"
            return refuse(request, GatewayAnswer.failure(413, message))
        }
        if direct != nil {
            return await functionURL.respond(request, context, Invocation(event, traceID: traceID), start)
        }
        guard let function = await target() else {
            return refuse(request, GatewayAnswer.failure(500, "Internal Server Error"))
        }
        return await answer(
            request,
            Invocation(event, traceID: traceID),
            function,
            bytes: body.count,
            since: start
        )
    }

    /// What the function says, with what it took and what it cost.
    private func answer(
        _ request: Request,
        _ invocation: Invocation,
        _ function: LocalFunction,
        bytes: Int,
        since start: Duration
    ) async -> Response {
        let result = await function.invoke(invocation)
        var answer = GatewayAnswer(result)
        let line = ReportLine(
            what: "\(request.method.rawValue) \(request.uri.path)",
            status: answer.status,
            total: now() - start,
            bytes: answer.body.count
        )
        log(line.text(result))
        if let stack = endpoint?.stack {
            let name = await function.configuration.name
            let answered = AnsweredRequest(
                answer,
                result,
                latency: line.total,
                bytes: bytes,
                function: name
            )
            answer.headers += answered.headers(cost: await stack.answered(answered))
        }
        return answer.response(isHead: request.method == .head)
    }

    /// - Parameter direct: the path of a request to the function's own URL; nil for one to the API.
    private func event(
        _ request: Request,
        _ body: [UInt8],
        _ sourceIP: String,
        _ traceID: String,
        _ direct: String?
    ) -> [UInt8] {
        GatewayEvent(
            request: request.head,
            path: direct ?? request.uri.path,
            query: request.uri.query ?? "",
            body: body,
            sourceIP: sourceIP,
            requestID: Self.hexadecimal(UInt64.random(in: 0 ... .max)),
            traceID: traceID,
            now: wallClock(),
            origin: direct == nil ? .gateway : .functionURL
        ).encoded()
    }

    private func refuse(_ request: Request, _ answer: GatewayAnswer) -> Response {
        log("\(request.method.rawValue) \(request.uri.path) \(answer.status)")
        return answer.response(isHead: request.method == .head)
    }

    /// A trace of its own for each request: `Root=1-<seconds>-<96 random bits>`.
    private static func traceID(at time: WallClock) -> String {
        let seconds = hexadecimal(UInt64(max(0, time.milliseconds / 1000))).suffix(8)
        let random = hexadecimal(.random(in: 0 ... .max)) + hexadecimal(.random(in: 0 ... .max)).suffix(8)
        return "Root=1-\(seconds)-\(random)"
    }

    /// Sixteen digits.
    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension GatewayAnswer {
    /// What API Gateway makes of a result: a failing function is a 502 without details, too few environments
    /// a 503.
    init(_ result: InvocationResult) {
        switch result.outcome {
        case .answer(let body, isHTTPStream: true): self.init(streamed: body)
        case .answer(let body, isHTTPStream: false): self.init(body)
        case .failed(.throttled, _): self = .failure(503, "Service Unavailable")
        case .functionError, .failed: self = .failure(502, "Internal Server Error")
        }
    }

    /// The answer for the wire; one to HEAD has only the headers, with the length that GET would have.
    func response(isHead: Bool) -> Response {
        var fields = HTTPFields()
        for (name, value) in headers {
            guard let name = HTTPField.Name(name),
                ![.contentLength, .transferEncoding, .connection].contains(name)
            else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        let hasBody = status != 204 && status != 304
        let response = Response(
            status: .init(code: status),
            headers: fields,
            body: hasBody ? .init(byteBuffer: ByteBuffer(bytes: body)) : .init()
        )
        return isHead ? response.createHeadResponse() : response
    }
}
