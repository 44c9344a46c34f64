package import Batching

/// A text to be made.
package struct GenerationJob: Sendable {
    /// What the caller is told, in order, each on the engine's thread; `ended` comes exactly once, and last.
    package enum Event: Sendable {
        /// The text goes on; some tokens give none by themselves.
        case piece(String)
        case ended(Ending)
    }

    package enum Ending: Sendable {
        case completed(Reason, tokens: Int)
        case refused(Refusal)
        case failed(ServingError)
    }

    /// Why a text is complete, in OpenAI's words.
    package enum Reason: String, Sendable {
        /// The model ended it, or a stop string came.
        case stop
        /// It has as many tokens as it may have.
        case length
    }

    /// How a text is searched for that is not drawn.
    package struct Search: Equatable, Sendable {
        /// Of `BeamSearch.widths`.
        package let width: Int
        package let lengthPenalty: Double

        package init(width: Int, lengthPenalty: Double = 1) {
            (self.width, self.lengthPenalty) = (width, lengthPenalty)
        }
    }

    /// Tokens that are read before the first one is made.
    package let prompt: [Int]
    package let tokensMax: Int
    package let sampling: Sampling
    /// Nil for a text that is drawn, token by token; one that is searched for is told whole, at its end.
    package let search: Search?
    package let seed: UInt64
    /// Texts that end it, and do not belong to it.
    package let stops: [String]
    package let arrival: Duration
    /// When the text must be complete.
    package let deadline: Duration
    package let tell: @Sendable (Event) -> Void

    package init(
        prompt: [Int],
        tokensMax: Int,
        sampling: Sampling,
        search: Search? = nil,
        seed: UInt64,
        stops: [String] = [],
        arrival: Duration,
        deadline: Duration,
        tell: @escaping @Sendable (Event) -> Void
    ) {
        self.prompt = prompt
        self.tokensMax = tokensMax
        self.sampling = sampling
        self.search = search
        self.seed = seed
        self.stops = stops
        self.arrival = arrival
        self.deadline = deadline
        self.tell = tell
    }
}
