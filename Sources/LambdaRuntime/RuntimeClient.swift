/// The Runtime API (2018-06-01) as one worker sees it: ask for an event, answer it, ask again.
///
/// Source: AWS, "Using the Lambda runtime API for custom runtimes". It belongs to one thread and keeps one
/// connection.
package final class RuntimeClient {
    /// A response of more bytes is refused by Lambda: 6 MiB and 100 bytes.
    package static let responseMax = 6 * 1024 * 1024 + 100

    private static let userAgent = "mark-swift/1.0"
    /// The API is local: an answer that takes longer will not come.
    private static let answerTimeout: Int32 = 30_000
    private static let attemptsMax = 5

    private let connection: RuntimeConnection
    private let host: String
    private let next: [UInt8]
    private let sleep: (Int64) -> Void
    private let firstInvocation: FirstInvocation

    /// - Parameters:
    ///   - firstInvocation: shared by all clients of a process.
    ///   - sleep: waits that many milliseconds, between attempts to connect.
    package init(
        _ environment: LambdaEnvironment,
        firstInvocation: FirstInvocation = FirstInvocation(),
        sleep: @escaping (Int64) -> Void
    ) {
        self.firstInvocation = firstInvocation
        connection = RuntimeConnection(host: environment.host, port: environment.port)
        host = "\(environment.host):\(environment.port)"
        next = Self.head("GET", "invocation/next", host, "\r\n")
        self.sleep = sleep
    }

    private static func head(_ method: String, _ path: String, _ host: String, _ rest: String) -> [UInt8] {
        Array(
            "\(method) /2018-06-01/runtime/\(path) HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: \(userAgent)\r\n\(rest)"
                .utf8
        )
    }

    // MARK: Events

    /// Waits for the next event, for ever: the process may be frozen in here.
    ///
    /// A connection that is refused or lost before an event began is made again a few times.
    package func nextInvocation() throws(RuntimeAPIError) -> Invocation {
        var attempt = 1
        while true {
            let failure: RuntimeAPIError
            let before = connection.receivedCount
            do throws(RuntimeAPIError) {
                try connection.send(next)
                if let response = try RuntimeResponse(from: connection) {
                    return try invocation(response)
                }
                failure = .connectionLost("closed before an event came")
            } catch {
                failure = error
            }
            // Lambda has handed out what began to arrive; asking again would not bring it back.
            let isPartOfEvent = connection.receivedCount > before
            connection.close()
            guard attempt < Self.attemptsMax, !isPartOfEvent, failure.mayPass else { throw failure }
            sleep(Int64(10 << attempt))
            attempt += 1
        }
    }

    private func invocation(_ response: RuntimeResponse) throws(RuntimeAPIError) -> Invocation {
        switch response.status {
        case 200:
            return try Invocation(response, isFirst: firstInvocation.take())
        case 500: throw .containerError
        default:
            throw .refused(
                status: response.status,
                body: String(decoding: response.body.prefix(512), as: UTF8.self)
            )
        }
    }

    // MARK: Answers

    /// What became of an answer.
    package enum Delivery: Equatable, Sendable {
        case accepted
        /// Lambda did not want it, for a reason that concerns this invocation only: too large, too late, answered
        /// before.
        case refused(status: Int, String)
    }

    /// Sends a handler's outcome.
    package func answer(_ outcome: Outcome, to requestID: String) throws(RuntimeAPIError) -> Delivery {
        switch outcome {
        case .response(let body, let contentType): try respond(body, contentType, to: requestID)
        case .failure(let error): try fail(error, "invocation/\(requestID)/error")
        case .stream(let prelude, let produce): try stream(prelude, produce, to: requestID)
        }
    }

    private func respond(
        _ body: [UInt8],
        _ contentType: StaticString,
        to requestID: String
    ) throws(RuntimeAPIError) -> Delivery {
        guard body.count <= Self.responseMax else {
            let error = FunctionError(
                "Function.ResponseSizeTooLarge",
                "the response has \(body.count) bytes, Lambda takes \(Self.responseMax); "
                    + "ask for fewer outputs, smaller batches or binary data"
            )
            return try fail(error, "invocation/\(requestID)/error")
        }
        let fields = "Content-Type: \(contentType)\r\nContent-Length: \(body.count)\r\n\r\n"
        return try post(Self.head("POST", "invocation/\(requestID)/response", host, fields), body)
    }

    /// Reports that the function cannot start, so that callers see why instead of an exit code.
    package func failInitialization(_ error: FunctionError) throws(RuntimeAPIError) {
        _ = try fail(error, "init/error")
    }

    private func fail(_ error: FunctionError, _ path: String) throws(RuntimeAPIError) -> Delivery {
        let body = error.body
        let fields =
            "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: \(error.type)\r\n"
            + "Content-Length: \(body.count)\r\n\r\n"
        return try post(Self.head("POST", path, host, fields), body)
    }

    /// Sends an answer; once more on a new connection when the first may have been lost.
    private func post(_ head: [UInt8], _ body: [UInt8]) throws(RuntimeAPIError) -> Delivery {
        do throws(RuntimeAPIError) {
            return try exchange(head, body)
        } catch {
            guard error.mayPass else { throw error }
            connection.close()
            let delivery = try exchange(head, body)
            // 403: the first attempt had arrived, and the invocation is answered.
            if case .refused(403, _) = delivery { return .accepted }
            return delivery
        }
    }

    private func exchange(_ head: [UInt8], _ body: [UInt8]) throws(RuntimeAPIError) -> Delivery {
        try connection.send(head, body)
        return try delivery()
    }

    private func delivery() throws(RuntimeAPIError) -> Delivery {
        let response = try connection.waiting(atMost: Self.answerTimeout) { () throws(RuntimeAPIError) in
            try RuntimeResponse(from: self.connection)
        }
        guard let response else { throw .connectionLost("closed before an answer was taken") }
        switch response.status {
        case 200...299: return .accepted
        case 500: throw .containerError
        default:
            return .refused(
                status: response.status,
                String(decoding: response.body.prefix(512), as: UTF8.self)
            )
        }
    }

    // MARK: Streaming

    private func stream(
        _ prelude: ResponsePrelude?,
        _ produce: (inout ResponseStream) throws -> Void,
        to requestID: String
    ) throws(RuntimeAPIError) -> Delivery {
        let contentType = prelude == nil ? "application/octet-stream" : "\(ResponsePrelude.contentType)"
        let head = Self.head(
            "POST",
            "invocation/\(requestID)/response",
            host,
            "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
                + "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n"
                + "Content-Type: \(contentType)\r\n\r\n"
        )
        var stream = ResponseStream(connection, head: head, prelude: prelude)
        var failure: FunctionError?
        do {
            try produce(&stream)
        } catch let error as RuntimeAPIError {
            // The caller is gone or too late; the next event comes on a new connection.
            connection.close()
            return .refused(status: 0, "\(error)")
        } catch {
            failure = error as? FunctionError ?? FunctionError("Function.StreamFailed", "\(error)")
            if let failure, !stream.hasStarted { return try fail(failure, "invocation/\(requestID)/error") }
        }
        try stream.finish(failure)
        let delivery = try delivery()
        // As AWS's documentation asks after a streamed response.
        connection.close()
        return delivery
    }
}

extension RuntimeAPIError {
    /// Whether a new connection may help.
    fileprivate var mayPass: Bool {
        switch self {
        case .unreachable, .connectionLost: true
        case .malformedResponse, .missingHeader, .refused, .containerError: false
        }
    }
}
