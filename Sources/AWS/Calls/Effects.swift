/// What the client asks of the world; a test passes scripts.
package struct Effects: Sendable {
    package var send: Transport
    package var now: @Sendable () -> Moment
    /// Throws when the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void
    /// 64 random bits: for the length of waits and for identifiers, not for secrets.
    package var random: @Sendable () -> UInt64
    /// A file's bytes; nil when it cannot be read.
    package var read: @Sendable (_ path: String) -> [UInt8]?

    package init(
        send: @escaping Transport,
        now: @escaping @Sendable () -> Moment,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) },
        read: @escaping @Sendable (_ path: String) -> [UInt8]?
    ) {
        self.send = send
        self.now = now
        self.sleep = sleep
        self.random = random
        self.read = read
    }

    /// A number from 0 up to but not with 1.
    func unit() -> Double { Double(random() >> 11) / 9_007_199_254_740_992 }

    /// A random identifier (RFC 9562, version 4).
    func uuid() -> String {
        let (high, low) = (random() & ~0xF000 | 0x4000, random() & ~(3 << 62) | 1 << 63)
        let digits = [high, low].map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var rest = digits[...]
        return [8, 4, 4, 4, 12].map { count in
            defer { rest = rest.dropFirst(count) }
            return String(rest.prefix(count))
        }.joined(separator: "-")
    }
}
