import DequeModule
import NIOCore
import NIOHTTP1
import Synchronization
import Wire

/// One connection: collects requests, hands them to the server's handler, and writes answers in the order of the requests.
///
/// All of it runs on the connection's loop. There is nothing between this and NIO's decoder, and nothing between this and the
/// socket: at 20,000 requests a second on two cores, HTTP is most of what a small model costs.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// What the bytes that arrive next are.
    enum Phase {
        /// A request's header.
        case header(since: Duration)
        case body(since: Duration)
        /// The rest of a request that is answered already.
        case discarded(since: Duration, bytes: Int)
        /// Nothing that matters: the connection ends once its answers are out.
        case closing(since: Duration)
    }

    let server: HTTPServer.Shared
    let loopState: HTTPLoop
    var context: ChannelHandlerContext?
    var phase: Phase
    /// Requests under way, in the order in which they came.
    var exchanges: Deque<Exchange> = []
    /// Since when the client has left answers unread.
    var unwritableSince: Duration?

    /// The request that is being received.
    var request: HTTPRequest?
    var isKeepAlive = true
    var isHTTP10 = false
    /// Its body, behind as many zeros as put binary tensors where the engine can read them.
    var body: [UInt8] = []
    var padding = 0
    var claimed = 0

    var isReading = false
    var needsFlush = false
    var wantsRead = false
    var isOutputClosed = false
    var isInputClosed = false
    private var now: Duration?

    init(_ server: HTTPServer.Shared, _ loopState: HTTPLoop) {
        self.server = server
        self.loopState = loopState
        phase = .header(since: server.now())
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loopState.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loopState.remove(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        release(claimed)
        claimed = 0
        for exchange in exchanges {
            release(exchange.claimed)
            if !exchange.isComplete { server.counters.disconnects.increment() }
            exchange.disconnected()
        }
        exchanges.removeAll()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that has said all may still wait for its answers.
        if let event = event as? ChannelEvent, event == .inputClosed {
            phase = .closing(since: currentTime)
            isInputClosed = true
            if exchanges.contains(where: \.endsWithInput) { abandon() }
            closeWhenDone(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            context.close(promise: nil)
            return
        }
        server.counters.malformed.increment()
        let status = error == .headerOverflow ? 431 : 400
        refuse(status, "malformed request: \(error); send HTTP/1.1", context)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let bytes): receive(bytes, context)
        case .end: end(context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        now = nil
        flush(context)
        context.fireChannelReadComplete()
    }

    /// Reads no more than it can answer.
    func read(context: ChannelHandlerContext) {
        if exchanges.count < server.limits.pipelined, unwritableSince == nil {
            context.read()
        } else {
            wantsRead = true
        }
    }

    /// The clock, read once for all that arrives together.
    var currentTime: Duration {
        if let now { return now }
        let now = server.now()
        if isReading { self.now = now }
        return now
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard case .header = phase else { return }
        server.counters.requests.increment()
        isHTTP10 = head.version.major == 1 && head.version.minor == 0
        isKeepAlive = head.isKeepAlive
        let request = HTTPRequest(head)
        self.request = request
        let framing = BodyFraming(head.headers)
        guard !framing.isAmbiguous else {
            server.counters.malformed.increment()
            return refuse(400, "both Content-Length and Transfer-Encoding are set; send one of them", context)
        }
        let length = framing.length ?? 0
        guard length <= server.limits.body else { return refuseBody(context) }
        guard claim(length) else {
            return refuse(503, "too many bytes of requests are under way; try again", context)
        }
        if let refusal = server.admit(request) { return refuse(refusal, bodySize: framing.length, context) }
        phase = .body(since: currentTime)
        if length > 0 || framing.isChunked { prepareBody(length, request) }
        if framing.expectsContinue, exchanges.isEmpty, !isHTTP10 {
            var interim = context.channel.allocator.buffer(capacity: 32)
            interim.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
            context.writeAndFlush(wrapOutboundOut(interim), promise: nil)
        }
    }

    /// Puts the tensors that follow a JSON header at a multiple of 16 bytes, where the engine reads them without a copy.
    private func prepareBody(_ length: Int, _ request: HTTPRequest) {
        let header = request.headers["inference-header-content-length"].flatMap { Int($0) } ?? 0
        padding = header > 0 ? (16 - header % 16) % 16 : 0
        // What is announced need not come.
        body.reserveCapacity(padding + min(length, Self.reservedMax))
        for _ in 0..<padding { body.append(0) }
    }

    private static let reservedMax = 4 << 20

    private func receive(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        switch phase {
        case .body:
            let size = body.count - padding + bytes.readableBytes
            guard size <= server.limits.body else { return refuseBody(context) }
            guard size <= claimed || claim(size - claimed) else {
                return refuse(503, "too many bytes of requests are under way; try again", context)
            }
            bytes.withUnsafeReadableBytes { body.append(contentsOf: $0) }
        case .discarded(let since, let count):
            let count = count + bytes.readableBytes
            phase = .discarded(since: since, bytes: count)
            if count > server.limits.discarded { context.close(promise: nil) }
        case .header, .closing: break
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        switch phase {
        case .body:
            guard var request else { return }
            request.body = body[padding...]
            self.request = nil
            body = []
            padding = 0
            let exchange = Exchange(
                request,
                arrival: currentTime,
                connection: self,
                loop: context.eventLoop,
                isKeepAlive: isKeepAlive,
                isHTTP10: isHTTP10,
                claimed: claimed
            )
            claimed = 0
            exchanges.append(exchange)
            phase = isKeepAlive ? .header(since: currentTime) : .closing(since: currentTime)
            server.handler(exchange)
        case .discarded: phase = .header(since: currentTime)
        case .header, .closing: break
        }
    }

    // MARK: Memory

    /// Takes bytes of what all bodies together may have; false when that is used up.
    private func claim(_ count: Int) -> Bool {
        guard count > 0 else { return true }
        let (_, total) = server.counters.bodyBytes.add(count, ordering: .relaxed)
        guard total <= server.limits.bodies else {
            release(count)
            return false
        }
        claimed += count
        return true
    }

    func release(_ count: Int) {
        if count > 0 { server.counters.bodyBytes.subtract(count, ordering: .relaxed) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unwritableSince = context.channel.isWritable ? nil : unwritableSince ?? server.now()
        if unwritableSince == nil { flush(context) }
        context.fireChannelWritabilityChanged()
    }
}
