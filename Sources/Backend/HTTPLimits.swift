/// What one client, and all together, may ask of the server.
package struct HTTPLimits: Equatable, Sendable {
    /// Bytes of a request's body.
    package var body = 64 << 20
    /// Bytes of all bodies that are being received or worked on.
    package var bodies = 1 << 30
    package var connections = 16_384
    /// Requests of one connection under way, sent without waiting for answers.
    package var pipelined = 64
    /// From a connection's start, or its last answer, to the next request's complete header.
    package var idle = Duration.seconds(60)
    /// From a request's header to the end of its body.
    package var bodyTime = Duration.seconds(60)
    /// For which a client may leave an answer unread.
    package var writeTime = Duration.seconds(30)
    /// For which a connection that is to be closed may go on sending what nobody reads.
    package var linger = Duration.seconds(2)
    /// Bytes of a refused request's body that are read, and dropped, to keep the connection.
    package var discarded = 1 << 20

    package init() {}
}
