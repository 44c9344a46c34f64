/// The only paths that backends are asked for: those of inferences and of texts.
///
/// Metadata and health are the inference function's to answer, which has the same models; a backend's metrics and its model control
/// are for its operators and must stay out of reach.
enum InferencePath {
    private static let calls: Set = ["infer", "generate", "generate_stream"]

    /// `/v2/models/M/infer` or `/v2/models/M/versions/V/infer`, and so on, or OpenAI's `/v1/completions`, of characters that stand in a URL
    /// as they are (RFC 3986, `pchar`).
    static func matches(_ path: String) -> Bool {
        guard path.utf8.allSatisfy(isPathCharacter) else { return false }
        // A slash at the end is tolerated, as by the function.
        let segments = path.split(separator: "/").map(String.init)
        if segments == ["v1", "completions"] { return true }
        guard segments.count == 4 || (segments.count == 6 && segments[3] == "versions") else { return false }
        return segments.starts(with: ["v2", "models"]) && calls.contains(segments[segments.count - 1])
            && !segments.contains { $0 == "." || $0 == ".." }
    }

    private static func isPathCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "/-._~%!$&'()*+,;=:@".utf8.contains(byte)
        }
    }
}
