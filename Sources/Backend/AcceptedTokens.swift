import Synchronization

/// The tokens that callers may bring; none at all until the first ones are known.
package final class AcceptedTokens: Sendable {
    private struct State {
        var tokens: [[UInt8]]
        /// Whether somebody was told of an unknown token, and has not looked for newer ones since.
        var isLooking = false
    }

    private let state: Mutex<State>
    private let sawUnknown: @Sendable () -> Void

    /// - Parameter sawUnknown: called when a token is not known, but not again before the next `replace` or `keep`.
    package init(_ tokens: [String] = [], sawUnknown: @escaping @Sendable () -> Void = {}) {
        state = Mutex(State(tokens: tokens.map { Array($0.utf8) }))
        self.sawUnknown = sawUnknown
    }

    package func replace(_ tokens: [String]) {
        state.withLock { $0 = State(tokens: tokens.map { Array($0.utf8) }) }
    }

    /// No newer tokens were found.
    package func keep() { state.withLock { $0.isLooking = false } }

    package func accepts(_ text: String) -> Bool {
        let text = Array(text.utf8)
        let (isAccepted, isFirst) = state.withLock { state in
            // All of them, whichever fits.
            let isAccepted = state.tokens.reduce(false) { Self.equal(text, $1) || $0 }
            guard !isAccepted, !text.isEmpty, !state.isLooking else { return (isAccepted, false) }
            state.isLooking = true
            return (false, true)
        }
        if isFirst { sawUnknown() }
        return isAccepted
    }

    /// Compares in the same time wherever the texts differ.
    private static func equal(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
