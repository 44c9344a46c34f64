/// The least that a runtime can be: it answers each event with the event's own bytes, and looks at nothing else.
enum EchoRuntime {
    private static let next = Array(
        "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n".utf8
    )

    /// Serves until the other side closes, which is how a measurement ends.
    static func run(port: UInt16) throws {
        let socket = try Socket.connect(port)
        while (try? serve(socket)) != nil {}
    }

    private static func serve(_ socket: Socket) throws {
        try socket.send(next)
        let event = try socket.message().body
        let head =
            "POST /2018-06-01/runtime/invocation/r/response HTTP/1.1\r\nHost: x\r\n"
            + "Content-Length: \(event.count)\r\n\r\n"
        try socket.send(Array(head.utf8) + event)
        _ = try socket.message()
    }
}
