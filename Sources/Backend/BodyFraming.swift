import NIOHTTP1
import Wire

/// What a request's header says about its body (RFC 9112, section 6).
struct BodyFraming {
    /// Bytes; nil when it comes in chunks.
    let length: Int?
    let isChunked: Bool
    /// Whether proxies could disagree about where it ends: a request smuggled behind another one.
    let isAmbiguous: Bool
    /// Whether the client waits for leave to send it (RFC 9110, section 10.1.1).
    let expectsContinue: Bool

    init(_ headers: NIOHTTP1.HTTPHeaders) {
        var length: Int?
        var isChunked = false
        var expectsContinue = false
        var lengths = 0
        for (name, value) in headers {
            switch name.utf8.count {
            case 14 where name.lowercased() == "content-length":
                lengths += 1
                length = Int(value)
            case 17 where name.lowercased() == "transfer-encoding": isChunked = true
            case 6 where name.lowercased() == "expect": expectsContinue = value.lowercased() == "100-continue"
            default: break
            }
        }
        self.length = isChunked ? nil : length ?? 0
        self.isChunked = isChunked
        self.expectsContinue = expectsContinue
        isAmbiguous = lengths > 1 || (isChunked && lengths > 0)
    }
}

extension HTTPRequest {
    /// A request without its body.
    init(_ head: HTTPRequestHead) {
        var headers = Wire.HTTPHeaders()
        for (name, value) in head.headers { headers.append(name, value) }
        let mark = head.uri.utf8.firstIndex(of: UInt8(ascii: "?"))
        self.init(
            method: head.method.rawValue,
            path: mark.map { String(head.uri[..<$0]) } ?? head.uri,
            query: mark.map { String(head.uri[$0...].dropFirst()) } ?? "",
            headers: headers
        )
    }
}
