/// Finds where HTTP/1.1 responses end and what their status is; bodies are counted, not kept.
struct ResponseParser {
    enum Event: Equatable {
        /// More bytes are needed.
        case incomplete
        /// A response has ended; the connection can be used again unless it closes.
        case complete(status: Int, closes: Bool)
        case malformed
    }

    private enum State {
        case head
        case body(left: Int)
        case chunkSize
        case chunk(left: Int)
        case trailers
        case untilClose
    }

    private var state = State.head
    /// The bytes of a head, a chunk's size or trailers that came so far.
    private var line: [UInt8] = []
    private var status = 0
    private var closes = false

    /// Bytes of a head.
    private static let headMax = 64 * 1024

    /// Takes bytes; those behind a complete response are malformed, as no request is sent before its answer.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) -> Event {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch state {
            case .head:
                guard let head = takeHead(&rest) else {
                    return line.count > Self.headMax ? .malformed : .incomplete
                }
                guard begin(head) else { return .malformed }
                if case .body(left: 0) = state { return finish(rest) }
            case .body(let left):
                let count = min(left, rest.count)
                rest = rest.dropFirst(count)
                state = .body(left: left - count)
                if left == count { return finish(rest) }
            case .chunkSize:
                guard let text = takeLine(&rest) else { return line.count > 64 ? .malformed : .incomplete }
                let digits = text.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "\r") }
                guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else {
                    return .malformed
                }
                // The line end behind the chunk belongs to it.
                state = size == 0 ? .trailers : .chunk(left: size + 2)
            case .chunk(let left):
                let count = min(left, rest.count)
                rest = rest.dropFirst(count)
                state = left == count ? .chunkSize : .chunk(left: left - count)
            case .trailers:
                guard let text = takeLine(&rest) else {
                    return line.count > Self.headMax ? .malformed : .incomplete
                }
                if text.allSatisfy({ $0 == UInt8(ascii: "\r") }) { return finish(rest) }
            case .untilClose: return .incomplete
            }
        }
        return .incomplete
    }

    /// The server has closed its side.
    mutating func end() -> Event {
        if case .untilClose = state { return .complete(status: status, closes: true) }
        return .malformed
    }

    private mutating func finish(_ rest: Slice<UnsafeRawBufferPointer>) -> Event {
        state = .head
        // An interim answer (100 Continue) announces the real one.
        if (100..<200).contains(status) {
            return rest.isEmpty ? .incomplete : feed(UnsafeRawBufferPointer(rebasing: rest))
        }
        return rest.isEmpty ? .complete(status: status, closes: closes) : .malformed
    }

    /// Bytes up to an empty line, once they are there.
    private mutating func takeHead(_ rest: inout Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        let start = line.count
        line += rest
        // The end may have begun in what came before.
        var index = max(0, start - 3)
        while index + 3 < line.count {
            if line[index] == 13, line[index + 1] == 10, line[index + 2] == 13, line[index + 3] == 10 {
                rest = rest.dropFirst(index + 4 - start)
                line.removeSubrange((index + 2)...)
                defer { line.removeAll(keepingCapacity: true) }
                return line
            }
            index += 1
        }
        rest = rest.dropFirst(rest.count)
        return nil
    }

    private mutating func takeLine(_ rest: inout Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        guard let end = rest.firstIndex(of: 10) else {
            line += rest
            rest = rest.dropFirst(rest.count)
            return nil
        }
        line += rest[rest.startIndex..<end]
        rest = rest[(end + 1)...]
        defer { line.removeAll(keepingCapacity: true) }
        return line
    }

    /// Reads the status line and what bounds the body.
    private mutating func begin(_ head: [UInt8]) -> Bool {
        guard head.count >= 12, head.starts(with: Array("HTTP/1.".utf8)) else { return false }
        status = head[9..<12].reduce(0) { $0 * 10 + Int($1 &- 48) }
        guard (100...599).contains(status) else { return false }
        closes = head[7] == UInt8(ascii: "0")
        var length: Int?
        var isChunked = false
        for field in head.split(separator: 10).dropFirst() {
            guard let colon = field.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = {
                String(decoding: field[(colon + 1)...].filter { $0 > 32 }, as: UTF8.self).lowercased()
            }
            switch colon - field.startIndex {
            case 14 where Self.equal(field[..<colon], "content-length"): length = Int(value())
            case 17 where Self.equal(field[..<colon], "transfer-encoding"):
                isChunked = value().hasSuffix("chunked")
            case 10 where Self.equal(field[..<colon], "connection"): closes = value() == "close"
            default: break
            }
        }
        if (100..<200).contains(status) || status == 204 || status == 304 {
            state = .body(left: 0)
        } else if isChunked {
            state = .chunkSize
        } else if let length {
            guard length >= 0 else { return false }
            state = .body(left: length)
        } else {
            state = .untilClose
        }
        return true
    }

    private static func equal(_ bytes: ArraySlice<UInt8>, _ name: StaticString) -> Bool {
        name.withUTF8Buffer { name in bytes.elementsEqual(name) { ($0 | 0x20) == $1 } }
    }
}
