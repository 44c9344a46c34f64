import CPlatform
import Glibc

/// One keep-alive connection, with at most one request under way.
final class LoadConnection {
    enum Received {
        case wouldBlock
        case more
        case complete(status: Int, closes: Bool)
        case closed
    }

    private var descriptor: Int32 = -1
    private var parser = ResponseParser()
    private var request: LoadRequest?
    private var written = 0
    private var waitsToWrite = false

    /// When the request under way was to be sent, and its number.
    private(set) var due: Int64 = 0
    private(set) var number = -1

    var isOpen: Bool { descriptor >= 0 }
    var isBusy: Bool { request != nil }
    /// Whether all of the request is sent.
    var isWritten: Bool { request.map { written == $0.bytes.count } ?? true }

    /// Starts to connect; false when the system refuses.
    func open(_ address: SocketAddress, _ epoll: Int32, _ index: Int) -> Bool {
        let descriptor = address.socket()
        guard descriptor >= 0 else { return false }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let status = address.connect(descriptor)
        guard status == 0 || errno == EINPROGRESS,
            cplatform_epoll_set(epoll, descriptor, 1, 1, UInt64(index))
                == 0
        else {
            Glibc.close(descriptor)
            return false
        }
        self.descriptor = descriptor
        waitsToWrite = true
        parser = ResponseParser()
        return true
    }

    func begin(_ due: Int64, _ number: Int, _ request: LoadRequest) {
        self.due = due
        self.number = number
        self.request = request
        written = 0
    }

    func finish() { request = nil }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
        request = nil
        waitsToWrite = false
    }

    /// Writes what is left of the request; false when the connection is lost.
    func write(_ epoll: Int32, _ index: Int) -> Bool {
        guard let request else { return setWaiting(false, epoll, index) }
        while written < request.bytes.count {
            let count = request.bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor,
                    $0.baseAddress?.advanced(by: written),
                    $0.count - written,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count < 0 {
                if errno == EINTR { continue }
                guard errno == EAGAIN || errno == ENOTCONN || errno == EINPROGRESS else { return false }
                return setWaiting(true, epoll, index)
            }
            written += count
        }
        return setWaiting(false, epoll, index)
    }

    private func setWaiting(_ waits: Bool, _ epoll: Int32, _ index: Int) -> Bool {
        guard waits != waitsToWrite else { return true }
        waitsToWrite = waits
        return cplatform_epoll_set(epoll, descriptor, 0, waits ? 1 : 0, UInt64(index)) == 0
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Received {
        let count = Glibc.recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count < 0 { return errno == EAGAIN || errno == EINTR ? .wouldBlock : .closed }
        guard isBusy else { return .closed }
        let event =
            count == 0 ? parser.end() : parser.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        switch event {
        case .incomplete: return count == buffer.count ? .more : .wouldBlock
        case .complete(let status, let closes): return .complete(status: status, closes: closes)
        case .malformed: return .closed
        }
    }
}
