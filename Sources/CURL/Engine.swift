import CCURL
import Glibc
import Synchronization

/// One multi handle and the thread that drives it.
///
/// Other threads only append to the inbox and wake the thread up; it alone touches transfers.
final class Engine: Sendable {
    private struct Inbox {
        var arrived: [Transfer] = []
        var isClosed = false
        /// The multi handle is freed: waking it up is no longer allowed.
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let inbox = Mutex(Inbox())
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer

    init(connectionsMax: Int) throws(CURLError) {
        guard let multi = ccurl_multi_init() else { throw .unavailable("curl_multi_init failed") }
        self.multi = multi
        ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connectionsMax)
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Engine>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            box.toOpaque()
        )
        guard status == 0 else {
            box.release()
            ccurl_multi_cleanup(multi)
            throw .unavailable("no thread: \(String(cString: strerror(status)))")
        }
        pthread_detach(thread)
    }

    func add(_ transfer: Transfer) {
        let isRefused = inbox.withLock { inbox in
            if !inbox.isClosed {
                inbox.arrived.append(transfer)
                ccurl_multi_wakeup(multi)
            }
            return inbox.isClosed
        }
        if isRefused { transfer.finish(.failure(.closed)) }
    }

    func wake() { inbox.withLock { if !$0.hasEnded { ccurl_multi_wakeup(multi) } } }

    func close() {
        inbox.withLock {
            $0.isClosed = true
            if !$0.hasEnded { ccurl_multi_wakeup(multi) }
        }
    }

    func waitUntilEnded() async {
        await withCheckedContinuation { continuation in
            let hasEnded = inbox.withLock { inbox in
                if !inbox.hasEnded { inbox.waiting.append(continuation) }
                return inbox.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    // MARK: The thread

    private func run() {
        var active: [UnsafeMutableRawPointer: Transfer] = [:]
        while true {
            let (arrived, isClosed) = inbox.withLock { inbox in
                defer { inbox.arrived = [] }
                return (inbox.arrived, inbox.isClosed)
            }
            for transfer in arrived { start(transfer, &active) }
            for (easy, transfer) in active where isClosed || transfer.isCancelled {
                end(easy, with: .failure(isClosed ? .closed : .cancelled), &active)
            }
            guard !isClosed else { break }
            ccurl_multi_perform(multi)
            finishTransfers(&active)
            ccurl_multi_poll(multi, 60_000)
        }
        let waiting = inbox.withLock { inbox in
            ccurl_multi_cleanup(multi)
            inbox.hasEnded = true
            return inbox.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func start(_ transfer: Transfer, _ active: inout [UnsafeMutableRawPointer: Transfer]) {
        guard !transfer.isCancelled else { return transfer.finish(.failure(.cancelled)) }
        guard let easy = transfer.prepare() else {
            return transfer.finish(.failure(.unavailable("curl_easy_init failed")))
        }
        active[easy] = transfer
        if ccurl_multi_add(multi, easy) != CURLM_OK {
            end(easy, with: .failure(.unavailable("curl_multi_add_handle failed")), &active)
        }
    }

    private func finishTransfers(_ active: inout [UnsafeMutableRawPointer: Transfer]) {
        var easy: UnsafeMutableRawPointer?
        var code = CURLE_OK
        while ccurl_multi_finished(multi, &easy, &code) {
            guard let easy, let transfer = active[easy] else { continue }
            end(easy, with: transfer.result(code), &active)
        }
    }

    private func end(
        _ easy: UnsafeMutableRawPointer,
        with result: Result<CURLResponse, CURLError>,
        _ active: inout [UnsafeMutableRawPointer: Transfer]
    ) {
        guard let transfer = active.removeValue(forKey: easy) else { return }
        ccurl_multi_remove(multi, easy)
        transfer.finish(result)
    }
}
