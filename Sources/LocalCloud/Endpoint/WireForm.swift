import Wire

/// How a service's answers and errors look on the wire.
package enum WireForm: Equatable, Sendable {
    /// EC2's kind of the Query protocol: a form in, XML out.
    case query(namespace: String)
    /// JSON with the operation in `X-Amz-Target`; `prefix` stands before the code of an error.
    case json(version: String, target: String, prefix: String)
    /// A method and a path, JSON in and out, the error's code in a header.
    case rest

    /// The form of a service by the name that requests are signed for; nil for one that this cloud does not have.
    package init?(signingName: String) {
        switch signingName {
        case "ec2": self = .query(namespace: "http://ec2.amazonaws.com/doc/2016-11-15/")
        case "dynamodb":
            self = .json(
                version: "1.0",
                target: "DynamoDB_20120810",
                prefix: "com.amazonaws.dynamodb.v20120810#"
            )
        case "monitoring":
            self = .json(
                version: "1.0",
                target: "GraniteServiceVersion20100801",
                prefix: "com.amazonaws.cloudwatch#"
            )
        case "ssm": self = .json(version: "1.1", target: "AmazonSSM", prefix: "")
        case "pricing": self = .json(version: "1.1", target: "AWSPriceListService", prefix: "")
        case "lambda", "apigateway": self = .rest
        default: return nil
        }
    }

    /// - Parameter operation: names the root element of XML.
    func answer(_ operation: String, _ result: JSON, status: Int = 200, requestID: String) -> HTTPResponse {
        switch self {
        case .query(let namespace):
            let content: [JSON.Member] = [.init("requestId", .string(requestID))] + (result.objectValue ?? [])
            let body = XMLText.document("\(operation)Response", namespace: namespace, content)
            return response(status, "text/xml;charset=UTF-8", body, requestID)
        case .json(let version, _, _):
            return response(status, "application/x-amz-json-\(version)", result.encoded(), requestID)
        case .rest:
            let body = status == 204 ? [] : result.encoded()
            return response(status, "application/json", body, requestID)
        }
    }

    func failure(_ failure: ServiceFailure, requestID: String) -> HTTPResponse {
        switch self {
        case .query:
            let content: [JSON.Member] = [
                .init(
                    "Errors",
                    ["Error": ["Code": .string(failure.code), "Message": .string(failure.message)]]
                ), .init("RequestID", .string(requestID)),
            ]
            let body = XMLText.document("Response", namespace: nil, content)
            return response(failure.status, "text/xml;charset=UTF-8", body, requestID)
        case .json(let version, _, let prefix):
            let members: [JSON.Member] = [
                .init("__type", .string(prefix + failure.code)), .init("message", .string(failure.message)),
            ]
            let body = JSON.object(members + failure.details).encoded()
            var answer = response(failure.status, "application/x-amz-json-\(version)", body, requestID)
            // Clients that knew the service's older protocol find the code here (x-amzn-query-mode).
            answer.headers.append("x-amzn-query-error", "\(failure.code);Sender")
            return answer
        case .rest:
            let members: [JSON.Member] = [
                .init("Type", failure.status < 500 ? "User" : "Server"),
                .init("message", .string(failure.message)),
                .init("Message", .string(failure.message)),
            ]
            let body = JSON.object(members + failure.details).encoded()
            var answer = response(failure.status, "application/json", body, requestID)
            answer.headers.append("x-amzn-ErrorType", failure.code)
            return answer
        }
    }

    private func response(_ status: Int, _ type: String, _ body: [UInt8], _ requestID: String) -> HTTPResponse
    {
        let headers = HTTPHeaders([.init("Content-Type", type), .init("x-amzn-RequestId", requestID)])
        return HTTPResponse(status: status, headers: headers, body: body)
    }
}
