/// A request for a text, as the scheduler sees it.
package struct GenerationRequest: Equatable, Sendable {
    /// Chosen by the caller: higher for each request than for those before it.
    package let id: UInt64
    /// Tokens that are read before the first one is made, at least one.
    package let prompt: Int
    /// Tokens to be made at most, at least one.
    package let tokensMax: Int
    /// Rows of each step that it takes at most: the places of a beam search, else 1.
    package let rows: Int
    package let arrival: Duration
    /// When the text must be complete: what the caller granted, less the margin.
    package let deadline: Duration

    package init(
        id: UInt64,
        prompt: Int,
        tokensMax: Int,
        rows: Int = 1,
        arrival: Duration,
        deadline: Duration
    ) {
        precondition(prompt > 0, "request \(id) has no prompt: something must be read before a token is made")
        precondition(tokensMax > 0, "request \(id) wants \(tokensMax) tokens: a text has at least one")
        precondition(rows > 0, "request \(id) wants \(rows) rows: a text has at least one")
        self.id = id
        self.rows = rows
        self.prompt = prompt
        self.tokensMax = tokensMax
        self.arrival = arrival
        self.deadline = deadline
    }
}
