/// An event as the Runtime API hands it to an environment.
struct RuntimeEvent: Equatable, Sendable {
    let requestID: String
    let functionARN: String
    /// Milliseconds since 1970.
    let deadline: Int64
    let body: [UInt8]
}

/// What the Runtime API says to an answer.
enum RuntimeAPIStatus: Equatable, Sendable {
    case accepted
    case invalidRequestID
    case invalidStateTransition
    case tooLarge

    var code: Int {
        switch self {
        case .accepted: 202
        case .invalidRequestID: 400
        case .invalidStateTransition: 403
        case .tooLarge: 413
        }
    }

    var body: String {
        switch self {
        case .accepted: #"{"status":"OK"}"#
        case .invalidRequestID: #"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#
        case .invalidStateTransition:
            #"{"errorMessage":"Transition is not allowed","errorType":"InvalidStateTransition"}"#
        case .tooLarge:
            #"{"errorMessage":"Exceeded maximum allowed payload size","errorType":"RequestEntityTooLarge"}"#
        }
    }
}
