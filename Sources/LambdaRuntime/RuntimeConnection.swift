import Glibc

/// One kept connection to the Runtime API: plain HTTP/1.1 to a local address over a blocking socket.
///
/// libcurl or an event loop would cost more at every cold start than all else that happens before the first event.
/// It belongs to one thread.
final class RuntimeConnection {
    private let host: String
    private let port: UInt16
    private var descriptor: Int32 = -1
    /// What was received and not yet consumed: `buffer[start..<end]`.
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    /// Bytes received so far, over all connections.
    private(set) var receivedCount = 0
    /// When a wait ends with an error; nil to wait for ever, as for the next event.
    private var timeout: Int32?

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
        buffer = .allocate(byteCount: 64 * 1024, alignment: 16)
    }

    deinit {
        close()
        buffer.deallocate()
    }

    var isOpen: Bool { descriptor >= 0 }

    func close() {
        if isOpen { _ = Glibc.close(descriptor) }
        descriptor = -1
        start = 0
        end = 0
    }

    /// Connects unless connected.
    func open() throws(RuntimeAPIError) {
        guard !isOpen else { return }
        // Lambda gives an address; a name, as in a container, takes the resolver.
        guard host == "localhost" || inet_addr(host) != INADDR_NONE else { return try openByName() }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host == "localhost" ? inet_addr("127.0.0.1") : inet_addr(host)
        let result = withUnsafeBytes(of: &address) { connect($0, family: AF_INET) }
        if let result { throw .unreachable(host: host, port: port, reason: result) }
    }

    private func openByName() throws(RuntimeAPIError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &found)
        guard status == 0 else {
            throw .unreachable(host: host, port: port, reason: String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(found) }
        var reason = "the name has no address"
        var candidate = found
        while let info = candidate?.pointee {
            let bytes = UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen))
            guard let failure = connect(bytes, family: info.ai_family) else { return }
            reason = failure
            candidate = info.ai_next
        }
        throw .unreachable(host: host, port: port, reason: reason)
    }

    /// Connects to an address; answers why not, or nil.
    private func connect(_ address: UnsafeRawBufferPointer, family: Int32) -> String? {
        let socket = Glibc.socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return Self.lastError }
        let status = address.withMemoryRebound(to: sockaddr.self) {
            Glibc.connect(socket, $0.baseAddress, socklen_t(address.count))
        }
        guard status == 0 else {
            let reason = Self.lastError
            _ = Glibc.close(socket)
            return reason
        }
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        descriptor = socket
        return nil
    }

    /// Sends a head and a body in as few packets as the kernel makes of them, neither copied.
    func send(_ head: [UInt8], _ body: [UInt8] = []) throws(RuntimeAPIError) {
        try open()
        var sent = 0
        while sent < head.count + body.count {
            let count = head.withUnsafeBytes { head in
                body.withUnsafeBytes { Self.send(descriptor, head, $0, skipping: sent) }
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                let reason = Self.lastError
                throw .connectionLost("sending: \(reason)")
            }
            sent += count
        }
    }

    private static func send(
        _ descriptor: Int32,
        _ head: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer,
        skipping sent: Int
    ) -> Int {
        let headLeft = UnsafeRawBufferPointer(rebasing: head.dropFirst(sent))
        let bodyLeft = UnsafeRawBufferPointer(rebasing: body.dropFirst(max(0, sent - head.count)))
        var parts = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: headLeft.baseAddress), iov_len: headLeft.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: bodyLeft.baseAddress), iov_len: bodyLeft.count)
        )
        return withUnsafeMutableBytes(of: &parts) { parts in
            var message = msghdr()
            message.msg_iov = parts.baseAddress?.assumingMemoryBound(to: iovec.self)
            message.msg_iovlen = bodyLeft.isEmpty ? 1 : 2
            return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
        }
    }

    /// Runs `body`, in which no single wait for bytes takes longer than this.
    func waiting<Value>(atMost milliseconds: Int32, _ body: () throws(RuntimeAPIError) -> Value)
        throws(RuntimeAPIError) -> Value
    {
        timeout = milliseconds
        defer { timeout = nil }
        return try body()
    }

    // MARK: Receiving

    /// Everything received and not yet consumed.
    var received: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[start..<end]) }

    func consume(_ count: Int) { start += count }

    /// Waits for more bytes; false when the peer has closed.
    func receive() throws(RuntimeAPIError) -> Bool {
        if start == end {
            start = 0
            end = 0
        } else if end == buffer.count {
            makeRoom()
        }
        let count = try receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
        end += count
        return count > 0
    }

    /// Waits for bytes and puts them where the caller wants them; 0 when the peer has closed.
    func receive(into target: UnsafeMutableRawBufferPointer) throws(RuntimeAPIError) -> Int {
        while true {
            if let timeout {
                var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                if poll(&poller, 1, timeout) == 0 { throw .connectionLost("no answer within \(timeout) ms") }
            }
            let count = recv(descriptor, target.baseAddress, target.count, 0)
            if count >= 0 {
                receivedCount += count
                return count
            }
            let code = errno
            guard code == EINTR else {
                throw .connectionLost("receiving: \(String(cString: strerror(code)))")
            }
        }
    }

    private func makeRoom() {
        if start > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        } else {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
            buffer.deallocate()
            buffer = larger
        }
        end -= start
        start = 0
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}
