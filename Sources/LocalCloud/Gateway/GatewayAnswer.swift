import Wire

/// A function's result as API Gateway's HTTP API turns it into an HTTP answer (payload format 2.0).
struct GatewayAnswer {
    var status = 200
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []

    /// What callers see when the function failed.
    static func failure(_ status: Int, _ message: String) -> GatewayAnswer {
        GatewayAnswer(
            status: status,
            headers: [("content-type", "application/json")],
            body: JSON.object([.init("message", .string(message))]).encoded()
        )
    }

    private init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Reads an answer; anything that is not JSON with a statusCode becomes the body of a 200, as AWS
    /// documents.
    init(_ result: [UInt8]) {
        guard let answer = try? JSON(parsing: result), let code = answer["statusCode"] else {
            self.init(status: 200, headers: [("content-type", "application/json")], body: result)
            return
        }
        guard let status = Self.status(code) else {
            self = .failure(502, "Internal Server Error")
            return
        }
        self.init(status: status, headers: [], body: [])
        readHeaders(answer)
        let text = Array((answer["body"]?.stringValue ?? "").utf8)
        guard answer["isBase64Encoded"]?.boolValue == true else {
            body = text
            return
        }
        guard let decoded = try? Base64.decode(text) else {
            self = .failure(502, "Internal Server Error")
            return
        }
        body = decoded
    }

    /// Whether the prelude of a streamed answer is there to its end, or is longer than Lambda takes.
    static func hasPrelude(_ result: [UInt8]) -> Bool {
        result.count >= preludeMax || preludeEnd(result) != nil
    }

    /// The eight zero bytes.
    private static func preludeEnd(_ result: [UInt8]) -> Range<Int>? {
        result.prefix(preludeMax).firstRange(of: repeatElement(0, count: 8))
    }

    /// Reads a streamed answer: the prelude's JSON, eight zero bytes, the body or what is there of it.
    init(streamed result: [UInt8]) {
        guard let zeros = Self.preludeEnd(result),
            let prelude = try? JSON(parsing: Array(result[..<zeros.lowerBound])),
            let status = Self.status(prelude["statusCode"] ?? 200)
        else {
            self = .failure(502, "Internal Server Error")
            return
        }
        self.init(status: status, headers: [], body: Array(result[zeros.upperBound...]))
        readHeaders(prelude)
    }

    /// Lambda looks for the prelude's end in so many bytes.
    private static let preludeMax = 16 * 1024

    /// A final status of HTTP, which may also come as a string; nil for what is none.
    private static func status(_ code: JSON) -> Int? {
        let status = code.intValue ?? code.stringValue.flatMap { Int($0) }
        return status.flatMap { (200...599).contains($0) ? $0 : nil }
    }

    private mutating func readHeaders(_ answer: JSON) {
        for member in answer["headers"]?.objectValue ?? [] {
            switch member.value {
            case .string(let value): headers.append((member.key, value))
            case .integer, .double, .bool:
                headers.append((member.key, String(decoding: member.value.encoded(), as: UTF8.self)))
            default: continue
            }
        }
        for cookie in answer["cookies"]?.arrayValue ?? [] {
            if let cookie = cookie.stringValue { headers.append(("set-cookie", cookie)) }
        }
        if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            headers.append(("content-type", "application/json"))
        }
    }
}
