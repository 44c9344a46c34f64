/// What became of requests for texts, for metrics.
package struct GenerationCounts: Equatable, Sendable {
    package var admitted = 0
    /// Made to their ends.
    package var completed = 0
    package var cancelled = 0
    /// Completed late, or turned away.
    package var late = 0
    /// Of those, turned away: they got no end.
    package var turnedAway = 0
    package var refused: [Refusal.Reason: Int] = [:]
    /// Tokens made.
    package var tokens = 0
    /// Tokens of prompts read.
    package var promptTokens = 0
    /// Steps by texts in them.
    package var steps: [Int: Int] = [:]

    package init() {}
}
