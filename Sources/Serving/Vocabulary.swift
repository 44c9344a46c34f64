package import Wire

/// What the numbers of tokens stand for.
package enum Vocabulary: Equatable, Sendable {
    /// A token is a byte of UTF-8; numbers from 256 on are special, and stand for no text.
    case bytes
    /// A token is the text at its place in a list.
    case pieces(Pieces)

    package struct Pieces: Equatable, Sendable {
        package let texts: [[UInt8]]
        /// The number of each text; the first of equal ones.
        fileprivate let numbers: [[UInt8]: Int]
        fileprivate let lengthMax: Int

        package init(_ texts: [String]) {
            self.texts = texts.map { Array($0.utf8) }
            numbers = Dictionary(self.texts.enumerated().map { ($1, $0) }) { first, _ in first }
            lengthMax = self.texts.map(\.count).max() ?? 0
        }
    }

    package init(_ json: JSON, at path: String) throws(InvalidConfiguration) {
        if json.stringValue == "bytes" {
            self = .bytes
            return
        }
        let texts = json.arrayValue?.compactMap(\.stringValue) ?? []
        guard !texts.isEmpty, texts.count == json.arrayValue?.count else {
            throw .expected("\"bytes\", or a list of the tokens' texts", at: path)
        }
        self = .pieces(Pieces(texts))
    }

    /// The tokens of a text: of pieces, always the longest that fits.
    ///
    /// - Throws: where no piece begins what is left of the text.
    package func tokens(_ text: String) throws(ServingError) -> [Int] {
        guard case .pieces(let pieces) = self else { return text.utf8.map { Int($0) } }
        var tokens: [Int] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            var length = min(rest.count, pieces.lengthMax)
            while length > 0, pieces.numbers[Array(rest.prefix(length))] == nil { length -= 1 }
            guard length > 0, let number = pieces.numbers[Array(rest.prefix(length))] else {
                let place = String(decoding: rest.prefix(24), as: UTF8.self)
                throw .badRequest("no token of the model's vocabulary begins '\(place)'")
            }
            tokens.append(number)
            rest = rest.dropFirst(length)
        }
        return tokens
    }

    /// The bytes of a token; none for one that stands for no text.
    package func bytes(of token: Int) -> [UInt8] {
        switch self {
        case .bytes: token < 256 ? [UInt8(token)] : []
        case .pieces(let pieces): pieces.texts.indices.contains(token) ? pieces.texts[token] : []
        }
    }
}
