import HTTPTypes
import Hummingbird
import LambdaRuntime
import NIOCore
import NIOHTTP1
import Wire

/// Lambda's Runtime API for one environment.
struct RuntimeAPI: Sendable {
    let id: EnvironmentPool.EnvironmentID
    let function: LocalFunction

    private static let path = "/2018-06-01/runtime/"
    private static let streamedType = "application/vnd.awslambda.http-integration-response"
    /// Lambda's limit of a streamed answer, in bytes.
    private static let streamMax = 200 << 20
    private static let errorMax = 1 << 20

    func respond(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        guard request.uri.path.hasPrefix(Self.path) else { return response(.notFound) }
        let parts = request.uri.path.dropFirst(Self.path.count).split(separator: "/").map(String.init)
        switch (request.method, parts) {
        case (.get, ["invocation", "next"]):
            guard let event = await function.next(id) else { return Response(status: .internalServerError) }
            return response(event)
        case (.post, ["init", "error"]):
            let body = try await Self.body(request, limit: Self.errorMax) ?? []
            return response(await function.failedInitialization(id, body))
        case (.post, _) where parts.count == 3 && parts[0] == "invocation" && parts[2] == "response":
            return try await answer(request, context, requestID: parts[1])
        case (.post, _) where parts.count == 3 && parts[0] == "invocation" && parts[2] == "error":
            let body = try await Self.body(request, limit: RuntimeClient.responseMax) ?? []
            return response(await function.answer(id, parts[1], .functionError(body)))
        default: return response(.notFound)
        }
    }

    private func answer(
        _ request: Request,
        _ context: ConnectionContext,
        requestID: String
    ) async throws -> Response {
        let mode = Self.header(request, "lambda-runtime-function-response-mode")
        guard mode == nil || mode == "streaming" else {
            let body =
                #"{"errorMessage":"Invalid response mode","errorType":"InvalidFunctionResponseMode"}"#
            return response(.badRequest, body)
        }
        let isHTTPStream = request.headers[.contentType]?.hasPrefix(Self.streamedType) ?? false
        let limit = mode == nil ? RuntimeClient.responseMax : Self.streamMax
        let receive = mode != nil && isHTTPStream ? await function.receiver(id, requestID) : nil
        guard let body = try await Self.body(request, limit: limit, receive) else {
            let error = Self.error(
                "Function.ResponseSizeTooLarge",
                "Response payload size exceeded maximum allowed payload size (\(limit) bytes)."
            )
            let status = await function.answer(id, requestID, .functionError(error))
            return response(status == .accepted ? .tooLarge : status)
        }
        if mode != nil, let error = await streamError(context) {
            return response(await function.answer(id, requestID, .functionError(error)))
        }
        return response(
            await function.answer(id, requestID, .answer(body, isHTTPStream: isHTTPStream))
        )
    }

    /// The error in a streamed answer's trailers, whose body is Base64.
    private func streamError(_ context: ConnectionContext) async -> [UInt8]? {
        guard let trailers = await HTTP1Compliance.trailers(of: context.channel),
            let type = trailers.first(name: "lambda-runtime-function-error-type")
        else { return nil }
        let body = trailers.first(name: "lambda-runtime-function-error-body").flatMap {
            try? Base64.decode(Array($0.utf8))
        }
        return body ?? Self.error(type, "the stream ended with an error")
    }

    private static func error(_ type: String, _ message: String) -> [UInt8] {
        JSON.object([.init("errorMessage", .string(message)), .init("errorType", .string(type))]).encoded()
    }

    /// The body, empty where another receives it; nil when it is larger than the limit, after it was read all the same so
    /// that the runtime gets its answer.
    private static func body(
        _ request: Request,
        limit: Int,
        _ receive: (@Sendable ([UInt8]) -> Void)? = nil
    ) async throws -> [UInt8]? {
        var body = ByteBuffer()
        var count = 0
        for try await var part in request.body {
            count += part.readableBytes
            guard count <= limit else { continue }
            if let receive { receive([UInt8](buffer: part)) } else { body.writeBuffer(&part) }
        }
        return count <= limit ? [UInt8](buffer: body) : nil
    }

    private static func header(_ request: Request, _ name: String) -> String? {
        HTTPField.Name(name).flatMap { request.headers[$0] }
    }

    // MARK: Responses

    private func response(_ status: RuntimeAPIStatus) -> Response {
        response(.init(code: status.rawValue), status.body)
    }

    private func response(_ status: HTTPTypes.HTTPResponse.Status, _ body: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: body))
        )
    }

    private func response(_ event: RuntimeEvent) -> Response {
        var headers = HTTPFields()
        for (name, value) in event.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return Response(
            status: .ok,
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: event.invocation.event))
        )
    }
}
