import Wire

extension Refusal {
    /// Reads an error by its shape, whatever the service and the content type: headers, JSON, or one of three kinds of XML.
    init(_ answer: Answer) {
        let document = (try? answer.document) ?? .null
        // EC2: Response/Errors/Error; Query and Lambda: ErrorResponse/Error; S3: Error itself.
        let error = document["Errors"]?["Error"] ?? document["Error"] ?? document
        func text(_ keys: String...) -> String? { keys.lazy.compactMap { error[$0]?.stringValue }.first }

        let code = answer[header: "x-amzn-errortype"] ?? text("__type", "code", "Code", "Type")
        let message = text("message", "Message") ?? ""
        status = answer.status
        self.code = code.map(Self.bare) ?? "HTTP \(answer.status)"
        requestID =
            answer[header: "x-amzn-requestid"]
            ?? answer[header: "x-amz-request-id"].map { id in
                answer[header: "x-amz-id-2"].map { "\(id) \($0)" } ?? id
            }
            ?? ["RequestID", "RequestId"].lazy.compactMap { document[$0]?.stringValue }.first
        let marker = "Encoded authorization failure message: "
        if let range = message.firstRange(of: marker) {
            self.message = String(message[..<range.lowerBound].trimmingSuffix(" "))
            encodedDetails = String(message[range.upperBound...].prefix { $0 != " " })
        } else {
            self.message = message
            encodedDetails = nil
        }
    }

    /// `com.amazonaws.dynamodb.v20120810#Code` and `Code:http://…` are `Code`.
    private static func bare(_ code: String) -> String {
        let afterPrefix = code.split(separator: "#").last ?? ""
        return String(afterPrefix.prefix { $0 != ":" })
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ character: Character) -> Substring {
        var trimmed = self
        while trimmed.last == character { trimmed.removeLast() }
        return trimmed
    }
}
