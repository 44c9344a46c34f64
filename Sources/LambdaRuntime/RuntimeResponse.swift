import Glibc

/// An answer of the Runtime API: status, the headers we know, body.
struct RuntimeResponse {
    /// The headers that mean something to us, by their names in lower case.
    enum Header: String, CaseIterable {
        case requestID = "lambda-runtime-aws-request-id"
        case deadline = "lambda-runtime-deadline-ms"
        case functionARN = "lambda-runtime-invoked-function-arn"
        case traceID = "lambda-runtime-trace-id"
        case clientContext = "lambda-runtime-client-context"
        case cognitoIdentity = "lambda-runtime-cognito-identity"
        case tenantID = "lambda-runtime-aws-tenant-id"
        case contentLength = "content-length"
        case transferEncoding = "transfer-encoding"
        case connection = "connection"
    }

    private(set) var status = 0
    private(set) var body: [UInt8] = []
    private var values: [(Header, String)] = []

    /// Events have up to 6 MB, a little more with their envelope; anything beyond is an error, not an event.
    private static let bodyMax = 64 * 1024 * 1024
    private static let headMax = 256 * 1024

    /// A header's value; nil when it is absent or empty, which means the same here.
    func value(_ header: Header) -> String? {
        values.first { $0.0 == header }.flatMap { $0.1.isEmpty ? nil : $0.1 }
    }

    /// Reads one answer; nil when the peer closed the connection before its first byte.
    init?(from connection: RuntimeConnection) throws(RuntimeAPIError) {
        guard try readHead(connection) else { return nil }
        if value(.transferEncoding)?.lowercased() == "chunked" {
            try readChunks(connection)
        } else if let text = value(.contentLength) {
            guard let length = Int(text), (0...Self.bodyMax).contains(length) else {
                throw .malformedResponse("Content-Length '\(text)'")
            }
            body = try Self.read(length, connection)
        }
        if value(.connection)?.lowercased() == "close" { connection.close() }
    }

    // MARK: Head

    private mutating func readHead(_ connection: RuntimeConnection) throws(RuntimeAPIError) -> Bool {
        while true {
            let received = connection.received
            if let length = Self.headLength(received) {
                try parseHead(UnsafeRawBufferPointer(rebasing: received[..<length]))
                connection.consume(length)
                return true
            }
            guard received.count < Self.headMax else { throw .malformedResponse("its head has no end") }
            guard try connection.receive() else {
                if received.isEmpty { return false }
                throw .connectionLost("closed inside an answer")
            }
        }
    }

    /// Bytes up to and with the empty line.
    private static func headLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var offset = 0
        while let found = memchr(base + offset, Int32(UInt8(ascii: "\n")), bytes.count - offset) {
            offset = base.distance(to: UnsafeRawPointer(found)) + 1
            guard offset + 2 <= bytes.count else { return nil }
            if bytes[offset] == UInt8(ascii: "\r"), bytes[offset + 1] == UInt8(ascii: "\n") {
                return offset + 2
            }
        }
        return nil
    }

    private mutating func parseHead(_ head: UnsafeRawBufferPointer) throws(RuntimeAPIError) {
        // "HTTP/1.1 200 OK"
        guard head.count > 12, let status = Int(String(decoding: head[9..<12], as: UTF8.self)) else {
            throw .malformedResponse(String(decoding: head.prefix(64), as: UTF8.self))
        }
        self.status = status
        for line in head.split(separator: UInt8(ascii: "\n")).dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            guard let header = Self.header(line[..<colon]) else { continue }
            let value = line[(colon + 1)...].drop { $0 == 0x20 }
            let isBlank = { (byte: UInt8) in byte == 0x0D || byte == 0x20 }
            let stop = value.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? value.startIndex
            values.append((header, String(decoding: value[..<stop], as: UTF8.self)))
        }
    }

    private static func header(_ name: Slice<UnsafeRawBufferPointer>) -> Header? {
        Header.allCases.first { header in
            let known = header.rawValue.utf8
            return known.count == name.count && zip(known, name).allSatisfy { $0 == $1 || $0 == $1 | 0x20 }
        }
    }

    // MARK: Body

    private static func read(
        _ length: Int,
        _ connection: RuntimeConnection
    ) throws(RuntimeAPIError) -> [UInt8] {
        var failure: RuntimeAPIError?
        let body = [UInt8](unsafeUninitializedCapacity: length) { target, count in
            do throws(RuntimeAPIError) {
                let target = UnsafeMutableRawBufferPointer(target)
                count = min(length, connection.received.count)
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: connection.received[..<count]))
                connection.consume(count)
                while count < length {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: target[count..<length])
                    let received = try connection.receive(into: rest)
                    guard received > 0 else { throw .connectionLost("closed inside a body") }
                    count += received
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return body
    }

    private mutating func readChunks(_ connection: RuntimeConnection) throws(RuntimeAPIError) {
        while true {
            let line = try Self.readLine(connection)
            let digits = line.prefix { $0 != ";" && $0 != " " }
            guard let size = Int(digits, radix: 16), size >= 0, size <= Self.bodyMax - body.count else {
                throw .malformedResponse("chunk size '\(line)'")
            }
            if size == 0 { break }
            body += try Self.read(size, connection)
            guard try Self.readLine(connection).isEmpty else {
                throw .malformedResponse("a chunk without its end")
            }
        }
        // Trailers, until the empty line.
        while try !Self.readLine(connection).isEmpty {}
    }

    private static func readLine(_ connection: RuntimeConnection) throws(RuntimeAPIError) -> String {
        while true {
            let received = connection.received
            if let newline = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: received[..<newline], as: UTF8.self)
                connection.consume(newline + 1)
                return line.last == "\r" || line.last == "\r\n" ? String(line.dropLast()) : line
            }
            guard received.count < headMax else { throw .malformedResponse("a line without an end") }
            guard try connection.receive() else { throw .connectionLost("closed inside a body") }
        }
    }
}
