/// A request, with everything that bounds it.
package struct CURLRequest: Sendable {
    package var method: String
    /// An absolute `http://` or `https://` URL, percent-encoded.
    package var url: String
    /// Sent in this order; what is added is `Host`, a length and `Accept: */*`, unless given.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// From the call to the last byte of the answer, waiting for a free connection included.
    package var timeout: Duration
    package var connectTimeout: Duration
    /// The most bytes of body that the answer may have.
    package var responseLimit: Int
    /// Whether a connection is made for it alone, to be kept for others afterwards.
    ///
    /// On a kept connection that turns out dead libcurl sends the request again without a word, though the first one may have arrived: what
    /// must not happen twice goes over a fresh one.
    package var usesFreshConnection = false
    /// Called with each part of the body as it comes, on the client's thread, which it must not block.
    ///
    /// The whole body is answered all the same.
    package var onBody: (@Sendable ([UInt8]) -> Void)?
    /// A file of certificates to trust instead of the system's.
    package var certificateAuthorities: String?
    /// The server's public key, as `sha256//` and the Base64 SHA-256 of its DER form: it alone says who the server is.
    ///
    /// Names and certificate authorities are not looked at then. A key that its owner told us through a channel we trust is a stronger
    /// identity than any signature on it, and machines that make their own keys at start have nobody who would sign them. No proxy is
    /// used: such machines are on our own network.
    package var pinnedPublicKey: String?

    package init(
        method: String = "GET",
        url: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        timeout: Duration = .seconds(30),
        connectTimeout: Duration = .seconds(5),
        responseLimit: Int = 64 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.responseLimit = responseLimit
    }

    /// The URL without user and query, which may hold secrets: for errors and logs.
    var location: String {
        let visible = url.prefix { $0 != "?" && $0 != "#" }
        guard let authority, let user = authority.lastIndex(of: "@") else { return String(visible) }
        return String(visible[..<authority.startIndex] + visible[visible.index(after: user)...])
    }

    /// What stands between the scheme and the path: user, host and port.
    private var authority: Substring? {
        url.firstRange(of: "://").map { scheme in
            url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        }
    }

    /// The host that the URL names: no user, no port, no brackets.
    var host: Substring {
        guard var host = authority else { return "" }
        if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
        if host.first == "[" { return host.dropFirst().prefix { $0 != "]" } }
        return host.prefix { $0 != ":" }
    }

    /// Whether the host is this machine or its link (as instance metadata is): what no proxy can reach.
    var isLocal: Bool {
        let host = host.lowercased()
        return host == "localhost" || host == "::1" || host.hasPrefix("127.")
            || host.hasPrefix("169.254.") || host.hasPrefix("fd00:ec2:")
    }

    /// Refuses what would change the meaning of the bytes on the wire.
    func check() throws(CURLError) {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw .invalidRequest("the URL '\(location)' must start with http:// or https://")
        }
        guard !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw .invalidRequest("the URL '\(location)' holds white space; percent-encode it")
        }
        guard !method.isEmpty, method.utf8.allSatisfy(Self.isTokenCharacter) else {
            throw .invalidRequest("the method '\(method)' must be a word such as GET")
        }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenCharacter) else {
                throw .invalidRequest("the header name '\(name)' must be letters, digits and hyphens")
            }
            guard !value.utf8.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) else {
                throw .invalidRequest("the value of header '\(name)' holds a line break; remove it")
            }
        }
    }

    /// RFC 9110, section 5.6.2.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
