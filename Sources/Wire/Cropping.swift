/// Text of at most `count` bytes of UTF-8, and a mark where it was cut.
///
/// Callers' words are quoted in errors, but not by the megabyte.
package func cropped(_ text: String, to count: Int) -> String {
    guard text.utf8.count > count else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: count)
    // A character that the cut goes through is left out.
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end]) + "… (cut)"
}
