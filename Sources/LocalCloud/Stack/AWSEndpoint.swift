import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// The cloud's side of the front's port: signed requests to AWS's services, and what the dashboard asks for.
struct AWSEndpoint: Sendable {
    let stack: Stack
    let now: @Sendable () -> Duration
    let log: @Sendable (String) -> Void

    /// The answer to a request that is for the cloud; nil for one that clients send to the API.
    func respond(
        _ request: Request,
        _ context: ConnectionContext,
        _ body: [UInt8],
        _ start: Duration
    ) async -> Response? {
        if request.uri.path.hasPrefix("/cloud/") { return await respondToWatcher(request, context, body) }
        guard Self.isForService(request) else { return nil }
        let message = AWSRequest(request, body: body)
        switch await stack.receive(message) {
        case .answer(let answer): return Response(answer)
        case .invoke(let name):
            guard let function = stack.functions[name] else { return nil }
            let front = InvokeFront(function: function, functionName: name, now: now, log: log)
            return await front.respond(request, to: name, body, start)
        }
    }

    /// Whether it is for a service, also for one that this cloud does not have: it says so.
    ///
    /// `execute-api` is the signature of clients of the API itself.
    private static func isForService(_ request: Request) -> Bool {
        if let header = request.headers[.authorization], Authorization.isClaimed(by: header) {
            return (try? Authorization(header))?.service != "execute-api"
        }
        if let name = HTTPField.Name("x-amz-target"), request.headers[name] != nil { return true }
        let first = request.uri.path.split(separator: "/").prefix(2)
        return first == ["v2", "apis"]
            || (first.count == 2 && first[1] == "functions" && first[0].count == 10
                && first[0].first?.isNumber ?? false)
    }

    // MARK: The dashboard's side

    private func respondToWatcher(
        _ request: Request,
        _ context: ConnectionContext,
        _ body: [UInt8]
    ) async -> Response {
        switch (request.method, request.uri.path) {
        case (.get, "/cloud/events"): return await events(context)
        case (.get, "/cloud/state"): return Response(Self.json(200, await stack.snapshot()))
        case (.post, "/cloud/orders"):
            // A page of another origin cannot send this type without asking first.
            guard request.headers[.contentType]?.hasPrefix("application/json") ?? false else {
                return Response(Self.json(415, ["message": "send the order as application/json"]))
            }
            do throws(ServiceFailure) {
                guard let json = try? JSON(parsing: body) else {
                    throw ServiceFailure("InvalidOrder", "the order is no JSON")
                }
                try await stack.perform(try StackOrder(json))
                return Response(Self.json(200, [:]))
            } catch {
                return Response(Self.json(error.status, ["message": .string(error.message)]))
            }
        case (.get, let path) where path.hasPrefix(Self.receipts):
            return await receipt(path.dropFirst(Self.receipts.count))
        default:
            let known = "GET /cloud/state, GET /cloud/events, GET /cloud/receipts/NAME and POST /cloud/orders"
            return Response(Self.json(404, ["message": .string("here are \(known)")]))
        }
    }

    /// What an answer has cost that was sent while it was made.
    private func receipt(_ name: Substring) async -> Response {
        guard let receipt = await stack.receipts[String(name)] else {
            return Response(
                Self.json(404, ["message": "no such receipt; those of the latest answers are kept"])
            )
        }
        return Response(Self.json(200, receipt))
    }

    private static let receipts = "/cloud/receipts/"

    /// What was and what comes, until the watcher or the stack is gone.
    private func events(_ context: ConnectionContext) async -> Response {
        let channel = context.channel
        guard let (history, events) = await stack.watchEvents(hangUp: { channel.close(promise: nil) }) else {
            let message = "\(EventFeed.watchersMax) watch already, or the cloud is ending; close a page"
            return Response(Self.json(503, ["message": .string(message)]))
        }
        let state = await stack.snapshot()
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                let first =
                    EventFeed.encoded("history", history.json) + EventFeed.encoded("state", state)
                try await writer.write(ByteBuffer(bytes: first))
                for await event in events { try await writer.write(ByteBuffer(bytes: event)) }
                try await writer.finish(nil)
            }
        )
    }

    private static func json(_ status: Int, _ value: JSON) -> Wire.HTTPResponse {
        Wire.HTTPResponse(
            status: status,
            headers: HTTPHeaders([.init("Content-Type", "application/json")]),
            body: value.encoded()
        )
    }
}

extension AWSRequest {
    /// A request as Hummingbird has it; it keeps the host apart from the other headers.
    init(_ request: Request, body: [UInt8]) {
        var headers = HTTPHeaders(request.headers.map { .init($0.name.canonicalName, $0.value) })
        if let host = request.head.authority { headers.append("host", host) }
        self.init(
            method: request.method.rawValue,
            path: request.uri.path,
            query: request.uri.query ?? "",
            headers: headers,
            body: body
        )
    }
}

extension Response {
    init(_ answer: Wire.HTTPResponse) {
        var fields = HTTPFields()
        for field in answer.headers.fields {
            if let name = HTTPField.Name(field.name) {
                fields.append(HTTPField(name: name, value: field.value))
            }
        }
        let body = ByteBuffer(bytes: answer.body)
        self.init(
            status: .init(code: answer.status),
            headers: fields,
            body: answer.status == 204 ? .init() : .init(byteBuffer: body)
        )
    }
}
