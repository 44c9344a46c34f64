/// A name for one intent, so that AWS does once what is asked twice: over retries, crashes and restarts alike.
package struct IdempotencyToken: Hashable, Sendable, CustomStringConvertible {
    /// 64 characters, the most that EC2 takes.
    package let description: String

    /// The same parts give the same token, and no others do.
    ///
    /// - Parameters:
    ///   - stack: Whose controller it is.
    ///   - tick: The run that wants it, or the instance that is to be replaced.
    ///   - intent: What is wanted, with everything that the request is made of: AWS refuses a token that comes with other parameters.
    package init(stack: String, tick: String, intent: String) {
        // Lengths keep ("a", "bc") apart from ("ab", "c").
        let text = [stack, tick, intent].map { "\($0.utf8.count):\($0)" }.joined()
        description = SHA256.hexadecimal(SHA256.hash(Array(text.utf8)))
    }

    /// A token that was made before: from a log, or a state document.
    package init(text: String) { description = text }
}
