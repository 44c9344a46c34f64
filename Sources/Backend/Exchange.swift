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
    /// What of the answer is there and not written yet; nil before there is any.
    nonisolated(unsafe) var answer: ByteBuffer?
    /// Whether nothing follows it.
    nonisolated(unsafe) var isComplete = false
    /// Bytes of the body that have been given, of an answer that is sent while it is made.
    nonisolated(unsafe) var streamed = 0
    /// Whether a client that says no more is taken for one that has gone.
    nonisolated(unsafe) var endsWithInput = false
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

    // MARK: Answers that are sent while they are made

    /// Begins an answer with its status and headers, from any thread; `send` and `end` follow in order.
    package func begin(_ head: HTTPResponse) {
        guard !isAnswered.exchange(true, ordering: .relaxed) else { return }
        loop.execute { self.connection?.began(self, head) }
    }

    /// Sends a part of the body.
    package func send(_ bytes: [UInt8]) { loop.execute { self.connection?.sent(self, bytes) } }

    /// The body is complete.
    package func end() {
        loop.execute {
            self.whenDisconnected = nil
            self.connection?.ended(self)
        }
    }

    /// Calls `body` on the loop if the client goes away before the answer is complete; to be called on the loop.
    package func onDisconnect(_ body: @escaping @Sendable () -> Void) {
        loop.preconditionInEventLoop()
        if connection?.context == nil { body() } else if !isComplete { whenDisconnected = body }
    }

    /// The same, with a client that has closed its side taken for one that has gone: work that takes seconds is not done on the chance
    /// that it still reads.
    package func onDisconnectOrEnd(_ body: @escaping @Sendable () -> Void) {
        endsWithInput = true
        if connection?.isInputClosed == true { connection?.abandon() }
        onDisconnect(body)
    }

    /// The client is gone.
    func disconnected() {
        let body = whenDisconnected
        whenDisconnected = nil
        body?()
    }
}
