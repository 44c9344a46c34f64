internal import CZlib
import Glibc

/// The codings of HTTP bodies that zlib knows (RFC 9110, section 8.4.1).
package enum ContentCoding: String, Sendable, CaseIterable {
    case gzip
    /// The zlib format, RFC 1950.
    case deflate

    /// What zlib calls window bits: 15 for its own format, 16 more for gzip.
    fileprivate var windowBits: Int32 { self == .gzip ? 31 : 15 }

    /// The one to answer with, of those that an `Accept-Encoding` header allows; nil for none.
    package static func accepted(by header: String) -> ContentCoding? {
        for option in header.split(separator: ",") {
            let parts = option.split(separator: ";", maxSplits: 1)
            let name = parts.first.map { trimmed($0).lowercased() } ?? ""
            let weight = parts.count > 1 ? trimmed(parts[1]).lowercased() : ""
            let isRefused = ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains(weight)
            if let coding = ContentCoding(rawValue: name), !isRefused { return coding }
        }
        return nil
    }
}

/// Why a body could not be inflated.
package enum InflationError: Error, Equatable, CustomStringConvertible {
    case corrupt(ContentCoding)
    case cutShort(ContentCoding)
    case tooLarge(limit: Int)

    package var description: String {
        switch self {
        case .corrupt(let coding): "the body is not valid \(coding.rawValue) data"
        case .cutShort(let coding): "the body's \(coding.rawValue) data ends too early"
        case .tooLarge(let limit): "the inflated body is larger than \(limit) bytes; send smaller batches"
        }
    }
}

extension ContentCoding {
    /// The bytes that `body` was made of.
    ///
    /// Memory grows with what was really inflated and never beyond `limit` bytes, so a small body that claims to be
    /// huge is harmless.
    package func inflate(_ body: ArraySlice<UInt8>, limit: Int) throws(InflationError) -> [UInt8] {
        var stream = z_stream()
        guard czlib_inflate_init(&stream, windowBits) == Z_OK else { throw .corrupt(self) }
        defer { inflateEnd(&stream) }
        var inflated = Self.room(for: min(limit, max(4096, 4 * body.count)), after: [])
        var written = 0
        while true {
            let status = step(&stream, body, &inflated, &written)
            switch status {
            case Z_STREAM_END where stream.avail_in > 0:
                // Another member may follow a gzip member (RFC 1952, section 2.2); nothing may follow zlib data.
                guard self == .gzip, inflateReset(&stream) == Z_OK else { throw .corrupt(self) }
            case Z_STREAM_END:
                inflated.removeLast(inflated.count - written)
                return inflated
            case Z_OK, Z_BUF_ERROR:
                if written < inflated.count { throw .cutShort(self) }
                if inflated.count == limit { throw .tooLarge(limit: limit) }
                inflated = Self.room(for: min(limit, 2 * inflated.count), after: inflated)
            default: throw .corrupt(self)
            }
        }
    }

    /// The same bytes with zeros after them, `count` in all.
    private static func room(for count: Int, after bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            guard let start = target.baseAddress else { return }
            _ = bytes.withUnsafeBytes { $0.baseAddress.map { memcpy(start, $0, bytes.count) } }
            memset(start + bytes.count, 0, count - bytes.count)
            filled = count
        }
    }

    private func step(
        _ stream: inout z_stream,
        _ body: ArraySlice<UInt8>,
        _ inflated: inout [UInt8],
        _ written: inout Int
    ) -> Int32 {
        body.withUnsafeBufferPointer { source in
            inflated.withUnsafeMutableBufferPointer { target in
                let isStart = stream.next_in == nil
                if isStart { stream.avail_in = UInt32(source.count) }
                let unread = source.count - Int(stream.avail_in)
                stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + unread })
                stream.next_out = target.baseAddress.map { $0 + written }
                stream.avail_out = UInt32(target.count - written)
                let status = CZlib.inflate(&stream, Z_NO_FLUSH)
                written = target.count - Int(stream.avail_out)
                return status
            }
        }
    }

    /// `body` in this coding.
    ///
    /// Level 1: an answer's bytes are few, and the caller waits for them.
    package func deflate(_ body: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        guard czlib_deflate_init(&stream, 1, windowBits) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var deflated = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(body.count))))
        let status = body.withUnsafeBufferPointer { source in
            deflated.withUnsafeMutableBufferPointer { target in
                stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                return CZlib.deflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END else { return nil }
        deflated.removeLast(Int(stream.avail_out))
        return deflated
    }
}

/// Text without the blanks around it.
package func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
}
