/// What can go wrong between the runtime and the Runtime API.
package enum RuntimeAPIError: Error, Equatable, CustomStringConvertible {
    case unreachable(host: String, port: UInt16, reason: String)
    case connectionLost(String)
    case malformedResponse(String)
    case missingHeader(String)
    /// The API answered a request for the next event with this status.
    case refused(status: Int, body: String)
    /// 500: Lambda's container is broken and wants the process gone.
    case containerError

    package var description: String {
        switch self {
        case .unreachable(let host, let port, let reason):
            "the Runtime API at \(host):\(port) cannot be reached: \(reason); check AWS_LAMBDA_RUNTIME_API"
        case .connectionLost(let reason): "the connection to the Runtime API was lost: \(reason)"
        case .malformedResponse(let what): "the Runtime API's answer is not HTTP/1.1: \(what)"
        case .missingHeader(let name): "the Runtime API handed out an event without \(name)"
        case .refused(let status, let body): "the Runtime API refused to hand out an event: \(status) \(body)"
        case .containerError: "the Runtime API reported a container error"
        }
    }
}
