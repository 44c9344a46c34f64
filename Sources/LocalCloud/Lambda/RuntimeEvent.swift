/// An event as the Runtime API hands it to an environment.
struct RuntimeEvent: Equatable, Sendable {
    let requestID: String
    let functionARN: String
    /// Milliseconds since 1970.
    let deadline: Int64
    let invocation: Invocation

    /// The headers that tell what the event itself does not.
    var headers: [(name: String, value: String)] {
        var headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", requestID),
            ("Lambda-Runtime-Deadline-Ms", String(deadline)),
            ("Lambda-Runtime-Invoked-Function-Arn", functionARN),
        ]
        if let traceID = invocation.traceID { headers.append(("Lambda-Runtime-Trace-Id", traceID)) }
        if let context = invocation.clientContext {
            headers.append(("Lambda-Runtime-Client-Context", context))
        }
        return headers
    }
}

/// What the Runtime API says to an answer.
enum RuntimeAPIStatus: Int, Equatable, Sendable {
    case accepted = 202
    case invalidRequestID = 400
    case invalidStateTransition = 403
    case notFound = 404
    case tooLarge = 413

    var body: String {
        switch self {
        case .accepted: #"{"status":"OK"}"#
        case .invalidRequestID: #"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#
        case .invalidStateTransition:
            #"{"errorMessage":"State transition is not allowed","errorType":"InvalidStateTransition"}"#
        case .notFound: #"{"errorMessage":"No such operation","errorType":"NotFound"}"#
        case .tooLarge:
            #"{"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).","#
                + #""errorType":"RequestEntityTooLarge"}"#
        }
    }
}
