/// This command as it was given, to be given again.
enum CommandText {
    static var text: String {
        (["mark"] + CommandLine.arguments.dropFirst().map(quoted)).joined(separator: " ")
    }

    /// As a shell takes it for one word.
    static func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy {
            ($0.isASCII && ($0.isLetter || $0.isNumber)) || "-_./=:,%+@".contains($0)
        }
        guard !isPlain || word.isEmpty else { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
            + "'"
    }
}
