/// Why bytes are not the JSON that was asked for, and where.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, in words that need no source code to understand.
    package let reason: String
    /// Offset of the offending byte from the start of the text.
    package let offset: Int

    package init(_ reason: String, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "invalid JSON at byte \(offset): \(reason)" }
}
