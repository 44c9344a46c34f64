import NIOCore
import NIOHTTP1
import Wire

/// Answers, and the end.
extension HTTPConnection {
    // MARK: Refusing

    func refuseBody(_ context: ChannelHandlerContext) {
        refuse(
            413,
            "the body is larger than \(server.limits.body) bytes; send less, or raise --body-max",
            context
        )
    }

    func refuse(_ status: Int, _ text: String, _ context: ChannelHandlerContext) {
        refuse(HTTPServer.failure(status, text), bodySize: nil, context)
    }

    /// Answers before the body has come.
    ///
    /// - Parameter bodySize: what is still to come, where the connection is worth it; nil ends it.
    func refuse(_ response: HTTPResponse, bodySize: Int?, _ context: ChannelHandlerContext) {
        body = []
        padding = 0
        let keeps = isKeepAlive && bodySize.map { $0 <= server.limits.discarded } ?? false
        let exchange = Exchange(
            request ?? HTTPRequest(method: "", path: ""),
            arrival: currentTime,
            connection: self,
            loop: context.eventLoop,
            isKeepAlive: keeps,
            isHTTP10: isHTTP10,
            claimed: claimed
        )
        claimed = 0
        request = nil
        exchanges.append(exchange)
        phase = keeps ? .discarded(since: currentTime, bytes: 0) : .closing(since: currentTime)
        exchange.respond(response)
    }

    // MARK: Writing

    /// An answer is there; it goes out when those before it have.
    func answered(_ exchange: Exchange, _ response: HTTPResponse) {
        guard let context else { return }
        let closes = !exchange.isKeepAlive || server.isDraining
        exchange.answer = AnswerEncoder.encode(
            response,
            isHead: exchange.request.method == "HEAD",
            connection: closes ? "close" : exchange.isHTTP10 ? "keep-alive" : nil,
            context.channel.allocator
        )
        exchange.isComplete = true
        server.log(exchange, status: response.status, bytes: response.body.count)
        writeAnswers(context)
    }

    /// Writes what is there, as far as answers are complete and the first one that is not.
    func writeAnswers(_ context: ChannelHandlerContext) {
        while let first = exchanges.first, let answer = first.answer {
            if answer.readableBytes > 0 {
                context.write(wrapOutboundOut(answer), promise: nil)
                needsFlush = true
            }
            guard first.isComplete else {
                first.answer?.clear()
                break
            }
            exchanges.removeFirst()
            release(first.claimed)
            // Whatever comes behind this answer, the client will not look at it.
            if !first.isKeepAlive || server.isDraining { stopReading() }
        }
        if !isReading { flush(context) }
    }

    func stopReading() {
        release(claimed)
        (request, body, padding, claimed) = (nil, [], 0, 0)
        if case .closing = phase { return }
        phase = .closing(since: currentTime)
    }

    func flush(_ context: ChannelHandlerContext) {
        if needsFlush {
            needsFlush = false
            context.flush()
        }
        closeWhenDone(context)
        if wantsRead, exchanges.count < server.limits.pipelined, unwritableSince == nil {
            wantsRead = false
            context.read()
        }
    }

    func closeWhenDone(_ context: ChannelHandlerContext) {
        guard case .closing = phase, exchanges.isEmpty, !isOutputClosed else { return }
        isOutputClosed = true
        context.close(mode: .output, promise: nil)
    }
}
