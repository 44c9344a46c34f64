import Wire

/// Events in API Gateway's shape.
enum Events {
    static let health = event("GET", "/v2/health/live", body: nil)
    static let digit = event("POST", infer, body: .text(request(rows: 1)))
    /// About 100 kB each.
    static let json = event("POST", infer, body: .text(request(rows: 600)))
    static let binary = event("POST", infer, body: .binary(rows: 290))

    private static let infer = "/v2/models/digits/infer"

    private enum Body {
        case text([UInt8])
        case binary(rows: Int)
    }

    private static func pixels(_ rows: Int) -> [Int] { (0..<rows * 64).map { $0 * 7 % 17 } }

    private static func request(rows: Int) -> [UInt8] {
        let data = pixels(rows).map { JSON.integer(Int64($0)) }
        let input: JSON = [
            "name": "pixels", "datatype": "FP32", "shape": [.integer(Int64(rows)), 64], "data": .array(data),
        ]
        return JSON.object([.init("inputs", [input])]).encoded()
    }

    private static func event(_ method: String, _ path: String, body: Body?) -> [UInt8] {
        var headers: [JSON.Member] = [.init("accept", "*/*")]
        var members: [JSON.Member] = [
            .init("version", "2.0"), .init("rawPath", .string(path)),
            .init("requestContext", ["http": ["method": .string(method), "path": .string(path)]]),
        ]
        switch body {
        case nil: members.append(.init("isBase64Encoded", false))
        case .text(let text):
            members.append(.init("body", .string(String(decoding: text, as: UTF8.self))))
            members.append(.init("isBase64Encoded", false))
        case .binary(let rows):
            let raw = pixels(rows).map(Float.init).withUnsafeBytes { Array($0) }
            let header: [UInt8] = JSON.object([
                .init("parameters", ["binary_data_output": true]),
                .init(
                    "inputs",
                    [
                        [
                            "name": "pixels", "datatype": "FP32", "shape": [.integer(Int64(rows)), 64],
                            "parameters": ["binary_data_size": .integer(Int64(raw.count))],
                        ]
                    ]
                ),
            ]).encoded()
            headers.append(.init("inference-header-content-length", .string(String(header.count))))
            let text = Base64.encode(header + raw)
            members.append(.init("body", .string(String(decoding: text, as: UTF8.self))))
            members.append(.init("isBase64Encoded", true))
        }
        return JSON.object(members + [.init("headers", .object(headers))]).encoded()
    }
}
