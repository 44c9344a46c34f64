package import NIOCore
import Synchronization
package import Wire

/// One request, and the place for its answer.
package final class Exchange: Sendable {
    package let request: HTTPRequest
    /// When its last bytes were read, on the server's clock.
    package let arrival: Duration
    /// The connection's loop, on which the handler is called.
    package let loop: any EventLoop

    /// Whether the connection goes on after the answer, as far as the client is concerned.
    let isKeepAlive: Bool
    let isHTTP10: Bool
    /// Bytes that it holds of what all bodies together may take.
    let claimed: Int

    private let isAnswered = Atomic<Bool>(false)
    // The rest belongs to the loop.
    private nonisolated(unsafe) weak var connection: HTTPConnection?
    /// The answer as it goes onto the wire, once it is there.
    nonisolated(unsafe) var answer: ByteBuffer?
    private nonisolated(unsafe) var whenDisconnected: (@Sendable () -> Void)?

    init(
        _ request: HTTPRequest,
        arrival: Duration,
        connection: HTTPConnection,
        loop: any EventLoop,
        isKeepAlive: Bool,
        isHTTP10: Bool,
        claimed: Int
    ) {
        self.request = request
        self.arrival = arrival
        self.connection = connection
        self.loop = loop
        self.isKeepAlive = isKeepAlive
        self.isHTTP10 = isHTTP10
        self.claimed = claimed
    }

    /// Answers, from any thread.
    ///
    /// - Returns: whether this was the first answer; others are ignored.
    @discardableResult
    package func respond(_ response: HTTPResponse) -> Bool {
        guard !isAnswered.exchange(true, ordering: .relaxed) else { return false }
        if loop.inEventLoop {
            deliver(response)
        } else {
            loop.execute { self.deliver(response) }
        }
        return true
    }

    private func deliver(_ response: HTTPResponse) {
        whenDisconnected = nil
        connection?.answered(self, response)
    }

    /// Calls `body` on the loop if the client goes away before the answer; to be called on the loop.
    package func onDisconnect(_ body: @escaping @Sendable () -> Void) {
        loop.preconditionInEventLoop()
        if !isAnswered.load(ordering: .relaxed) { whenDisconnected = body }
    }

    /// The client is gone.
    func disconnected() {
        let body = whenDisconnected
        whenDisconnected = nil
        body?()
    }
}
