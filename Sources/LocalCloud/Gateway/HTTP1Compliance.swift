import NIOCore
import NIOHTTP1

/// What HTTP/1 asks of a server and Hummingbird leaves out.
///
/// `Expect: 100-continue` is answered at once (RFC 9110, section 10.1.1: curl waits a second otherwise), a
/// connection that does not persist is closed after its answer (RFC 9112, section 9.3: HTTP/1.0 clients wait
/// for the end), and trailers are kept.
final class HTTP1Compliance: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Of the request that ended last.
    private(set) var trailers: HTTPHeaders?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(var head):
            if head.headers.contains(name: "expect"), head.version == .http1_1 {
                let interim = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
            }
            if !head.isKeepAlive { head.headers.replaceOrAdd(name: "connection", value: "close") }
            trailers = nil
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body: context.fireChannelRead(data)
        case .end(let trailers):
            self.trailers = trailers
            context.fireChannelRead(data)
        }
    }

    /// The trailers of the request whose body was just read to its end.
    static func trailers(of channel: any Channel) async -> HTTPHeaders? {
        let trailers = channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: HTTP1Compliance.self).trailers
        }
        return try? await trailers.get()
    }

    /// Puts the handler where it sees HTTP/1 as it came: Hummingbird adds handlers only after its own
    /// translation.
    final class Installer: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = Any

        func handlerAdded(context: ChannelHandlerContext) {
            let pipeline = context.pipeline.syncOperations
            do {
                let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
                try pipeline.addHandler(HTTP1Compliance(), position: .after(decoder))
            } catch {
                context.fireErrorCaught(error)
            }
        }
    }
}
