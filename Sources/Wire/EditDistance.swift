/// Helps with misspelt names.
package enum EditDistance {
    /// The candidate that is fewest edits away; nil when none is nearer than half of the word's length.
    package static func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
        let best = candidates.map { (distance(Array(word.utf8), Array($0.utf8)), $0) }.min { $0 < $1 }
        guard let best, best.0 <= max(2, word.utf8.count / 2) else { return nil }
        return best.1
    }

    /// Insertions, deletions and replacements between two words (Levenshtein 1966), row by row.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (i, a) in one.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in other.enumerated() {
                let replaced = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
