import Glibc

/// Where a server listens, looked up once.
struct SocketAddress {
    private let family: Int32
    private let bytes: [UInt8]

    init(host: String, port: Int) throws(LoadError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0, let first = list?.pointee, let address = first.ai_addr else {
            throw .address(host, String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(list) }
        family = first.ai_family
        bytes = Array(UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
    }

    /// A new socket that does not block, or -1.
    func socket() -> Int32 {
        Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }

    func connect(_ descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { bytes in
            guard let address = bytes.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
            return Glibc.connect(descriptor, address, socklen_t(bytes.count))
        }
    }
}
