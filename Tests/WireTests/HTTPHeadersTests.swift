import Testing
import Wire

@Suite struct `Header fields` {
    @Test func `are found without case, first one first`() {
        let headers = HTTPHeaders([.init("Content-Type", "a"), .init("content-type", "b")])
        #expect(headers["CONTENT-TYPE"] == "a")
        #expect(headers["content-typ"] == nil)
        #expect(headers["content\u{D}type"] == nil)
    }
}

@Suite struct `Misspelt names` {
    @Test(
        arguments: [
            ("MARK_MODEL", "MARK_MODELS"), ("MARK_PRELAOD", "MARK_PRELOAD"), ("zzzzzzzzzzzz", nil),
        ] as [(String, String?)]
    )
    func `are led to the nearest known one`(word: String, nearest: String?) {
        #expect(EditDistance.nearest(to: word, in: ["MARK_MODELS", "MARK_PRELOAD", "MARK_ROLE"]) == nearest)
    }
}
