/// Cuts a text that comes token by token into pieces that can be shown: whole characters, and nothing of a stop string.
package struct TextPieces: Equatable, Sendable {
    /// What has come and was not given out yet.
    private var held: [UInt8] = []
    private let stops: [[UInt8]]
    /// Whether a stop string has come; the text ends before it.
    package private(set) var hasStopped = false

    /// - Parameter stops: texts before which the text ends; none of them empty.
    package init(stops: [String] = []) { self.stops = stops.map { Array($0.utf8) } }

    /// More of the text.
    ///
    /// - Returns: what can be shown now. Bytes that are no UTF-8 become U+FFFD.
    package mutating func append(_ bytes: [UInt8]) -> String {
        guard !hasStopped else { return "" }
        held += bytes
        if let end = firstStop() {
            hasStopped = true
            return take(end)
        }
        return take(held.count - max(incompleteStop, incompleteCharacter))
    }

    /// The text is over.
    ///
    /// - Returns: what was held back.
    package mutating func finish() -> String { hasStopped ? "" : take(held.count) }

    private mutating func take(_ count: Int) -> String {
        defer { held.removeFirst(count) }
        return String(decoding: held.prefix(count), as: UTF8.self)
    }

    /// Where the first stop string begins.
    private func firstStop() -> Int? {
        held.indices.first { place in stops.contains { held[place...].starts(with: $0) } }
    }

    /// Bytes at the end with which a stop string may begin.
    private var incompleteStop: Int {
        let longest = stops.map(\.count).max() ?? 0
        let lengths = (0..<max(longest, 1)).reversed().filter { $0 <= held.count }
        return lengths.first { length in stops.contains { $0.starts(with: held.suffix(length)) } } ?? 0
    }

    /// Bytes at the end of a character whose rest has not come (RFC 3629, section 3).
    private var incompleteCharacter: Int {
        for length in 1...3 where length <= held.count {
            let byte = held[held.count - length]
            if byte & 0xC0 == 0x80 { continue }
            let size =
                switch byte {
                case 0xC2...0xDF: 2
                case 0xE0...0xEF: 3
                case 0xF0...0xF4: 4
                default: 1
                }
            return size > length ? length : 0
        }
        return 0
    }
}
