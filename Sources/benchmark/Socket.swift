import Glibc

/// A blocking TCP socket on loopback, with no more around the system's calls than the floor may have.
final class Socket {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)
    private var filled = 0

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    private static func make() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw BenchmarkFailure("no socket: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    /// Listens on a free port.
    static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = try make()
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound, Glibc.listen(descriptor, 16) == 0 else {
            throw BenchmarkFailure("cannot listen on loopback")
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    static func accept(_ listener: Int32) throws -> Socket {
        // A process that does not start must not hang the benchmark.
        var poller = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, 30_000) == 1 else { throw BenchmarkFailure("no connection within 30 s") }
        return Socket(Glibc.accept(listener, nil, nil))
    }

    static func connect(_ port: UInt16) throws -> Socket {
        let descriptor = try make()
        var address = loopback(port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw BenchmarkFailure("cannot connect to port \(port)") }
        return Socket(descriptor)
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor,
                    $0.baseAddress.map { $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { throw BenchmarkFailure("the other side has closed") }
            sent += count
        }
    }

    /// The next message, head and body; bodies come with a Content-Length here.
    func message() throws -> (head: ArraySlice<UInt8>, body: ArraySlice<UInt8>) {
        while true {
            if let headEnd = endOfHead() {
                let total = headEnd + contentLength(buffer[..<headEnd])
                while filled < total { try receive() }
                defer { filled = 0 }
                return (buffer[..<headEnd], buffer[headEnd..<total])
            }
            try receive()
        }
    }

    private func receive() throws {
        let count = buffer.withUnsafeMutableBytes {
            recv(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled, 0)
        }
        guard count > 0 else { throw BenchmarkFailure("the other side has closed") }
        filled += count
    }

    private func endOfHead() -> Int? {
        var offset = 0
        while offset + 4 <= filled {
            if buffer[offset] == 13, buffer[offset + 1] == 10, buffer[offset + 2] == 13,
                buffer[offset + 3] == 10
            {
                return offset + 4
            }
            offset += 1
        }
        return nil
    }

    private func contentLength(_ head: ArraySlice<UInt8>) -> Int {
        for line in head.split(separator: 10) {
            let text = String(decoding: line, as: UTF8.self).lowercased()
            if text.hasPrefix("content-length:") {
                return Int(text.dropFirst(15).filter { $0.isNumber }) ?? 0
            }
        }
        return 0
    }
}
