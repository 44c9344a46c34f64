import Wire

/// The body of a streamed response: what is written goes out as a chunk at once.
///
/// Nothing is sent before the first write, so a handler that fails earlier still gets an ordinary error.
package struct ResponseStream {
    private let connection: RuntimeConnection
    private let head: [UInt8]
    private var isStarted = false
    /// The prelude until it is sent, together with the first bytes of the body.
    private var pending: [UInt8]

    init(_ connection: RuntimeConnection, head: [UInt8], prelude: ResponsePrelude?) {
        self.connection = connection
        self.head = head
        pending = prelude?.bytes ?? []
    }

    var hasStarted: Bool { isStarted }

    /// Sends bytes to the caller; throws when the connection is lost, which ends the stream.
    package mutating func write(_ bytes: some Collection<UInt8>) throws(RuntimeAPIError) {
        // An empty chunk would end the body.
        guard !bytes.isEmpty || !isStarted else { return }
        var chunk = isStarted ? [] : head
        isStarted = true
        let count = pending.count + bytes.count
        if count > 0 {
            chunk +=
                Array(String(count, radix: 16).utf8) + Self.lineEnd + pending + Array(bytes) + Self.lineEnd
        }
        pending = []
        try connection.send(chunk)
    }

    /// Sends the last chunk, also for an empty body (without it callers hang), and what went wrong in trailers.
    mutating func finish(_ error: FunctionError?) throws(RuntimeAPIError) {
        if !isStarted { try write([]) }
        var end = Array("0\r\n".utf8)
        if let error {
            end += Array("Lambda-Runtime-Function-Error-Type: \(error.type)\r\n".utf8)
            end +=
                Array("Lambda-Runtime-Function-Error-Body: ".utf8) + Base64.encode(error.body) + Self.lineEnd
        }
        try connection.send(end + Self.lineEnd)
    }

    private static let lineEnd = Array("\r\n".utf8)
}
