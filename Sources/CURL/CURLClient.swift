import CCURL
import Glibc

/// The project's only HTTP client: many requests at once over kept connections, on one thread of its own.
///
/// The thread ends and the connections close with `close()` or with the last reference.
package final class CURLClient: Sendable {
    private let engine: Engine

    /// Opens libcurl on first use and starts the thread.
    ///
    /// - Parameter connectionsMax: Connections open at once; requests beyond wait, within their own timeouts.
    /// - Throws: `.libraryMissing` or `.unavailable`.
    package init(connectionsMax: Int = 256) throws(CURLError) {
        var reason = [CChar](repeating: 0, count: 512)
        guard ccurl_open(&reason, reason.count) == 0 else {
            let text = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw .libraryMissing(candidates: String(cString: ccurl_candidates()), reason: text)
        }
        engine = try Engine(connectionsMax: connectionsMax)
    }

    deinit { engine.close() }

    /// Sends a request and waits for the whole answer, whatever its status; no redirect is followed.
    ///
    /// Cancelling the task ends the transfer and throws `.cancelled`.
    package func send(_ request: CURLRequest) async throws(CURLError) -> CURLResponse {
        try request.check()
        let cancellation = Cancellation()
        let engine = engine
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (answer: Transfer.Answer) in
                engine.add(Transfer(request, cancellation: cancellation, answer: answer))
            }
        } onCancel: {
            cancellation.cancel()
            engine.wake()
        }
        return try result.get()
    }

    /// Fails what is under way with `.closed` and waits until the thread has freed everything.
    package func close() async {
        engine.close()
        await engine.waitUntilEnded()
    }
}
