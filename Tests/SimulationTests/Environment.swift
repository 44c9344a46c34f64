import Glibc

/// What the tests' caller says.
enum Environment {
    /// `MARK_SEED`: a number, or any text (a commit), which is hashed; nil without it.
    static var seed: UInt64? {
        guard let text = getenv("MARK_SEED").map({ String(cString: $0) }), !text.isEmpty else { return nil }
        if let number = UInt64(text) { return number }
        // FNV-1a, as Hasher differs from run to run.
        return text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
