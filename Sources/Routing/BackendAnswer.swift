package import CURL
package import Wire

/// What a backend's bytes come to: an answer for the client, or a failure.
package enum BackendAnswer: Sendable {
    case answered(HTTPResponse)
    case failed(Failure)

    package init(_ error: CURLError) {
        switch error {
        case .timeout: self = .failed(.timedOut)
        case .invalidRequest, .unavailable, .libraryMissing, .cancelled, .closed:
            self = .failed(.unsendable(error.description))
        case .nameNotResolved, .connectionRefused, .responseTooLarge, .insecure, .failed:
            self = .failed(.failed(error.description))
        }
    }

    package init(_ response: CURLResponse) {
        switch response.status {
        case 200:
            if let lie = Self.lie(in: response) {
                self = .failed(.failed("HTTP 200 with \(lie)"))
                return
            }
        case 401:
            self = .failed(.unauthorised)
            return
        case 400...499 where response.status != 408 && response.status != 429 && Self.isSendable(response):
            break
        default:
            if response.status == 503, let reason = response[header: "x-mark-bounced"] {
                self = .failed(.bounced(reason))
            } else {
                self = .failed(.failed("HTTP \(response.status)"))
            }
            return
        }
        let fields = HopHeaders.removed(from: response.headers).map { HTTPHeaders.Field($0.name, $0.value) }
        self = .answered(
            HTTPResponse(status: response.status, headers: HTTPHeaders(fields), body: response.body)
        )
    }

    /// Why a success cannot be the answer to an inference; nil when it can be.
    ///
    /// Every answer begins with a JSON object, and ends with it unless binary tensors follow; a streamed text is events, each with an empty
    /// line at its end. That is looked at and no more: reading megabytes of numbers would take a function with a fourteenth
    /// of a processor longer than the hop.
    private static func lie(in response: CURLResponse) -> String? {
        guard !response.body.isEmpty else { return "an empty body" }
        guard response[header: "content-encoding"] == nil else { return nil }
        if response[header: "content-type"]?.hasPrefix("text/event-stream") == true {
            let isWhole =
                response.body.starts(with: "data:".utf8) && response.body.suffix(2).elementsEqual("\n\n".utf8)
            return isWhole && isSendable(response) ? nil : "events that are cut"
        }
        guard response.body.first(where: isInk) == UInt8(ascii: "{") else {
            return "a body that is no JSON object"
        }
        if let text = response[header: "inference-header-content-length"] {
            guard let length = Int(text), (2...response.body.count).contains(length) else {
                return "a JSON header of \(text) bytes in a body of \(response.body.count)"
            }
            return nil
        }
        guard response.body.last(where: isInk) == UInt8(ascii: "}") else { return "a body that is cut" }
        return isSendable(response) ? nil : "a body that is no UTF-8"
    }

    /// Whether the body can be a string in the event for API Gateway, where the type says text.
    private static func isSendable(_ response: CURLResponse) -> Bool {
        response[header: "content-encoding"] != nil
            || response[header: "inference-header-content-length"] != nil
            || (try? UTF8Span(validating: response.body.span)) != nil
    }

    private static func isInk(_ byte: UInt8) -> Bool { byte > UInt8(ascii: " ") }
}
