import CCURL
import Synchronization

/// One request on its way: its easy handle, what it lends to libcurl, and what has come so far.
///
/// Everything but `cancel` belongs to the client's thread.
final class Transfer: @unchecked Sendable {
    typealias Answer = CheckedContinuation<Result<CURLResponse, CURLError>, Never>

    let request: CURLRequest
    private let answer: Answer
    private let cancellation: Cancellation
    private var easy: UnsafeMutableRawPointer?
    private var lines: UnsafeMutablePointer<curl_slist>?
    /// libcurl reads the body from here without a copy of its own.
    private let body: UnsafeMutableBufferPointer<UInt8>

    private var headers: [(name: String, value: String)] = []
    private var headerBytes = 0
    private var received: [UInt8] = []
    private var isTooLarge = false

    private static let headerBytesMax = 1 << 20

    init(_ request: CURLRequest, cancellation: Cancellation, answer: Answer) {
        self.request = request
        self.cancellation = cancellation
        self.answer = answer
        body = .allocate(capacity: request.body.count)
        _ = body.initialize(from: request.body)
    }

    deinit { body.deallocate() }

    var isCancelled: Bool { cancellation.isCancelled }

    /// Ends the story; called once.
    func finish(_ result: Result<CURLResponse, CURLError>) {
        if let easy { ccurl_easy_cleanup(easy) }
        if let lines { ccurl_slist_free_all(lines) }
        easy = nil
        lines = nil
        answer.resume(returning: result)
    }

    /// What libcurl's result means for the caller.
    func result(_ code: CURLcode) -> Result<CURLResponse, CURLError> {
        let url = request.location
        switch code {
        case CURLE_OK:
            let status = Int(easy.map { ccurl_response_code($0) } ?? 0)
            return .success(CURLResponse(status: status, headers: headers, body: received))
        case CURLE_WRITE_ERROR where isTooLarge:
            return .failure(.responseTooLarge(url: url, limit: request.responseLimit))
        case CURLE_OPERATION_TIMEDOUT: return .failure(.timeout(url: url, after: request.timeout))
        case CURLE_COULDNT_CONNECT: return .failure(.connectionRefused(url: url))
        case CURLE_COULDNT_RESOLVE_HOST: return .failure(.nameNotResolved(host: String(request.host)))
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return .failure(.insecure(url: url, reason: String(cString: ccurl_strerror(code))))
        default: return .failure(.failed(url: url, reason: String(cString: ccurl_strerror(code))))
        }
    }

    // MARK: Setting up

    /// The easy handle, ready to be added; nil when memory is short.
    func prepare() -> UnsafeMutableRawPointer? {
        guard let easy = ccurl_easy_init() else { return nil }
        self.easy = easy
        ccurl_set_pointer(easy, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
        ccurl_set_string(easy, CURLOPT_URL, request.url)
        ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeout))
        ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeout))
        // The path is what the caller wrote: a signature may depend on its dots.
        ccurl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        if request.usesFreshConnection { ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1) }
        if let path = request.certificateAuthorities { ccurl_set_string(easy, CURLOPT_CAINFO, path) }
        if let pin = request.pinnedPublicKey,
            // A libcurl that cannot pin goes on to check names and authorities, and so refuses.
            ccurl_set_string(easy, CURLOPT_PINNEDPUBLICKEY, pin) == CURLE_OK
        {
            ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
            ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
        if request.isLocal || request.pinnedPublicKey != nil { ccurl_set_string(easy, CURLOPT_PROXY, "") }
        setMethod(on: easy)
        setHeaders(on: easy)
        setReceivers(on: easy)
        return easy
    }

    private func setMethod(on easy: UnsafeMutableRawPointer) {
        switch request.method {
        case "HEAD": ccurl_set_long(easy, CURLOPT_NOBODY, 1)
        case "GET" where body.isEmpty: ccurl_set_long(easy, CURLOPT_HTTPGET, 1)
        default:
            // A POST carries a Content-Length also when it is empty; other methods only with a body.
            if request.method == "POST" || request.method == "PUT" || !body.isEmpty {
                ccurl_set_long(easy, CURLOPT_POST, 1)
                ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count))
                ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress)
            }
            if request.method != "POST" { ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method) }
        }
    }

    private func setHeaders(on easy: UnsafeMutableRawPointer) {
        // Unless told not to, libcurl waits for "100 Continue" before large bodies and calls every body a form.
        var texts = ["Expect:"]
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            texts.append("Content-Type:")
        }
        for (name, value) in request.headers {
            texts.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        for text in texts { lines = ccurl_slist_append(lines, text) }
        ccurl_set_list(easy, CURLOPT_HTTPHEADER, lines)
    }

    private func setReceivers(on easy: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        ccurl_set_callback(easy, CURLOPT_WRITEFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receive(bytes)
        }
        ccurl_set_callback(easy, CURLOPT_HEADERFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receive(header: bytes)
        }
    }

    /// At least 1, because libcurl takes 0 for "no limit".
    private static func milliseconds(_ duration: Duration) -> Int {
        let milliseconds = (duration / .milliseconds(1)).rounded(.up)
        return Int(min(max(milliseconds, 1), Double(Int32.max)))
    }

    // MARK: Receiving

    private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard received.count + bytes.count <= request.responseLimit else {
            isTooLarge = true
            return 0
        }
        received.append(contentsOf: bytes)
        request.onBody?(Array(bytes))
        return bytes.count
    }

    private func receive(header bytes: UnsafeRawBufferPointer) -> Int {
        headerBytes += bytes.count
        guard headerBytes <= Self.headerBytesMax else { return 0 }
        let line = bytes.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        if line.starts(with: "HTTP/".utf8) {
            // What came before belongs to an interim answer.
            headers = []
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let value = line[line.index(after: colon)...].drop { $0 == UInt8(ascii: " ") || $0 == 9 }
            headers.append(
                (String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
            )
        }
        return bytes.count
    }
}

/// Whether the task that waits for a transfer was cancelled; it may be so before the transfer exists.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .acquiring) }

    func cancel() { flag.store(true, ordering: .releasing) }
}
