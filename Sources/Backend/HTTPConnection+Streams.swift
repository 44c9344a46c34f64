import NIOCore
import NIOHTTP1
import Wire

/// Answers that are sent while they are made: in chunks (RFC 9112, section 7.1), or up to the connection's end for HTTP/1.0.
///
/// What a client does not read waits here. That is bounded by whoever makes the answer, as texts are by their tokens, and the time for
/// it by the server's limit for writing.
extension HTTPConnection {
    func began(_ exchange: Exchange, _ head: HTTPResponse) {
        guard let context else { return }
        // Without chunks only the end of the connection ends the body.
        let closes = !exchange.isKeepAlive || exchange.isHTTP10 || server.isDraining
        exchange.answer = AnswerEncoder.encodeHead(
            head,
            isChunked: !exchange.isHTTP10,
            connection: closes ? "close" : nil,
            context.channel.allocator
        )
        writeAnswers(context)
    }

    func sent(_ exchange: Exchange, _ bytes: [UInt8]) {
        guard let context, !exchange.isComplete, exchange.answer != nil, !bytes.isEmpty else { return }
        exchange.streamed += bytes.count
        if !exchange.isHTTP10 {
            exchange.answer?.writeString(String(bytes.count, radix: 16))
            exchange.answer?.writeStaticString("\r\n")
        }
        exchange.answer?.writeBytes(bytes)
        if !exchange.isHTTP10 { exchange.answer?.writeStaticString("\r\n") }
        writeAnswers(context)
    }

    func ended(_ exchange: Exchange) {
        guard let context, !exchange.isComplete, exchange.answer != nil else { return }
        if !exchange.isHTTP10 { exchange.answer?.writeStaticString("0\r\n\r\n") }
        exchange.isComplete = true
        server.log(exchange, status: 200, bytes: exchange.streamed)
        writeAnswers(context)
        if exchange.isHTTP10 { stopReading() }
        closeWhenDone(context)
    }

    /// Ends the connection at once, as nobody is there to read.
    func abandon() { context?.close(promise: nil) }
}
