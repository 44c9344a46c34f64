import Hummingbird
import NIOCore

/// A request's context that knows its connection.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// The caller's address.
    var sourceIP: String { channel.remoteAddress?.ipAddress ?? "127.0.0.1" }
}
