/// A request as it goes onto the wire, made once and sent many times.
package struct LoadRequest: Equatable, Sendable {
    package let bytes: [UInt8]

    /// - Parameters:
    ///   - target: path and query.
    ///   - headers: added to `Host` and `Content-Length`.
    package init(
        method: String = "POST",
        host: String,
        target: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if !body.isEmpty || method == "POST" || method == "PUT" {
            head += "Content-Length: \(body.count)\r\n"
        }
        bytes = Array((head + "\r\n").utf8) + body
    }
}
