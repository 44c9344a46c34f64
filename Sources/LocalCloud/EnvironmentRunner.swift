import Hummingbird
import HTTPTypes
import LambdaRuntime
import Logging
import NIOCore

/// One execution environment: a Runtime API on a port of its own, and the bootstrap that talks to it.
///
/// `AWS_LAMBDA_RUNTIME_API` is a host and a port and nothing else, so only the port can tell environments apart.
struct EnvironmentRunner: Sendable {
    let id: EnvironmentPool.EnvironmentID
    let function: LocalFunction

    private static let path = "/2018-06-01/runtime/"
    /// Above Lambda's limit, so that a body past it is answered and not cut.
    private static let bodyMax = RuntimeClient.responseMax + 1024 * 1024

    /// Runs until the process is gone.
    func run() async {
        let ports = AsyncStream<Int>.makeStream()
        let server = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in try await respond(request) },
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { ports.continuation.yield($0.localAddress?.port ?? 0) },
            logger: .silent
        )
        let reason = await withTaskGroup(of: String.self) { group in
            group.addTask {
                do {
                    try await server.run()
                    return "its Runtime API was closed"
                } catch {
                    return "its Runtime API failed: \(error)"
                }
            }
            group.addTask {
                var port = ports.stream.makeAsyncIterator()
                guard let port = await port.next() else { return "cancelled" }
                do {
                    let process = try await function.started(id, port: port)
                    return await withTaskCancellationHandler {
                        await process.exit().description
                    } onCancel: {
                        process.kill()
                    }
                } catch {
                    return "\(error)"
                }
            }
            let reason = await group.next() ?? ""
            group.cancelAll()
            return reason
        }
        await function.ended(id, reason)
    }

    private func respond(_ request: Request) async throws -> Response {
        guard request.uri.path.hasPrefix(Self.path) else { return Response(status: .notFound) }
        let parts = request.uri.path.dropFirst(Self.path.count).split(separator: "/").map(String.init)
        switch (request.method, parts) {
        case (.get, ["invocation", "next"]):
            guard let event = await function.next(id) else { return Response(status: .internalServerError) }
            return response(event)
        case (.post, ["init", "error"]):
            await function.failedInitialization(id, try await Self.body(request))
            return response(.accepted)
        case (.post, _) where parts.count == 3 && parts[0] == "invocation":
            return response(try await answer(request, requestID: parts[1], kind: parts[2]))
        default: return Response(status: .notFound)
        }
    }

    private func answer(_ request: Request, requestID: String, kind: String) async throws -> RuntimeAPIStatus
    {
        let body = try await Self.body(request)
        guard body.count <= RuntimeClient.responseMax else {
            let error =
                "{\"errorType\":\"Function.ResponseSizeTooLarge\",\"errorMessage\":\"Response payload size "
                + "exceeded maximum allowed payload size (6291556 bytes).\"}"
            _ = await function.answer(id, requestID, .functionError(Array(error.utf8)))
            return .tooLarge
        }
        switch kind {
        case "response":
            let isHTTPStream =
                request.headers[.contentType]?.hasPrefix(
                    "application/vnd.awslambda.http-integration-response"
                )
                ?? false
            return await function.answer(id, requestID, .answer(body, isHTTPStream: isHTTPStream))
        case "error": return await function.answer(id, requestID, .functionError(body))
        default: return .invalidRequestID
        }
    }

    private static func body(_ request: Request) async throws -> [UInt8] {
        [UInt8](buffer: try await request.body.collect(upTo: bodyMax))
    }

    private func response(_ status: RuntimeAPIStatus) -> Response {
        Response(
            status: .init(code: status.code),
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: status.body))
        )
    }

    private func response(_ event: RuntimeEvent) -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        let fields = [
            ("Lambda-Runtime-Aws-Request-Id", event.requestID),
            ("Lambda-Runtime-Deadline-Ms", String(event.deadline)),
            ("Lambda-Runtime-Invoked-Function-Arn", event.functionARN),
        ]
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: event.body)))
    }
}

extension Logger {
    /// For servers whose requests we report ourselves.
    static let silent = Logger(label: "mark") { _ in SwiftLogNoOpLogHandler() }
}
