import Seeded
import Serving
import Testing
import Wire

@Suite struct `Texts in pieces` {
    /// What is shown after each byte, and at the end.
    private func shown(_ text: [UInt8], stops: [String] = []) -> [String] {
        var pieces = TextPieces(stops: stops)
        return text.map { pieces.append([$0]) } + [pieces.finish()]
    }

    @Test func `characters are shown whole`() {
        #expect(shown(Array("aé€😀".utf8)) == ["a", "", "é", "", "", "€", "", "", "", "😀", ""])
    }

    @Test func `bytes that are no text become a mark, at once or at the end`() {
        #expect(shown([0xFF, 0x41]) == ["\u{FFFD}", "A", ""])
        #expect(shown([0x41, 0xC3]) == ["A", "", "\u{FFFD}"])
        #expect(shown([0xC3, 0x41]).joined() == "\u{FFFD}A")
    }

    @Test func `a stop string ends the text, and nothing of it is shown`() {
        var pieces = TextPieces(stops: ["END"])
        #expect(pieces.append(Array("one EN".utf8)) == "one ")
        #expect(pieces.append(Array("D two".utf8)) == "")
        #expect(pieces.hasStopped)
        #expect(pieces.finish() == "")
    }

    @Test func `what only looks like a stop string is shown once that is clear`() {
        #expect(shown(Array("aENb".utf8), stops: ["END"]) == ["a", "", "", "ENb", ""])
        #expect(shown(Array("EN".utf8), stops: ["END"]) == ["", "", "EN"])
    }

    @Test func `the stop string that comes first counts`() {
        var pieces = TextPieces(stops: ["later", "\n"])
        #expect(pieces.append(Array("now\nand later".utf8)) == "now")
        #expect(pieces.hasStopped)
    }

    @Test(arguments: 0..<60)
    func `however it is cut the text is the same, up to the first stop`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let letters = ["a", "b", "é", "€", "ab", "😀"]
        let text = (0..<30).map { _ in letters[generator.below(letters.count)] }.joined()
        let stop = (0..<(1 + generator.below(3))).map { _ in letters[generator.below(letters.count)] }
            .joined()
        var pieces = TextPieces(stops: [stop])
        var rest = Array(text.utf8)[...]
        var shown = ""
        while !rest.isEmpty {
            let count = min(rest.count, 1 + generator.below(5))
            shown += pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        shown += pieces.finish()
        let expected = text.firstRange(of: stop).map { String(text[..<$0.lowerBound]) } ?? text
        #expect(shown == expected)
    }
}

@Suite struct `Vocabularies` {
    @Test func `of bytes a token is a byte, and others stand for nothing`() throws {
        #expect(try Vocabulary.bytes.tokens("é") == [0xC3, 0xA9])
        #expect(Vocabulary.bytes.bytes(of: 65) == [65])
        #expect(Vocabulary.bytes.bytes(of: 256) == [])
    }

    @Test func `of pieces the longest that fits is taken`() throws {
        let vocabulary = try Vocabulary(["", "a", "ab", "abc", " "], at: "vocabulary")
        #expect(try vocabulary.tokens("abcab a") == [3, 2, 4, 1])
        #expect(vocabulary.bytes(of: 0) == [])
        #expect(vocabulary.bytes(of: 99) == [])
        let error = #expect(throws: ServingError.self) { try vocabulary.tokens("ab?") }
        #expect(error?.status == 400)
        #expect(error?.description.contains("'?'") == true)
    }

    @Test func `of anything else is refused`() {
        for json: JSON in ["words", [], ["a", 1], 7] {
            #expect(throws: InvalidConfiguration.self) { try Vocabulary(json, at: "vocabulary") }
        }
    }
}
